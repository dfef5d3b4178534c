-- As long as the name in a request may be: a hundred lines of it fit into one record. NOT VALID: rows of before stay as they are.
ALTER TABLE product ADD CONSTRAINT product_name_bounded CHECK (char_length(name) BETWEEN 1 AND 256) NOT VALID;
