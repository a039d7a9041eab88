"""Image quality as a vision-language model says it: the expected level of five words."""
