"""A checkpoint's doors: files that would run code, found before a library reads them."""
