"""CLIP-IQA: images between two sentences, such as a good and a bad photo."""
