"""Management of models: what is here, which answers, and how that changes with one always left."""
