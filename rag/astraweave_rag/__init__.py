"""Memory for characters and search for designers: texts, vectors and what retrieves them."""
