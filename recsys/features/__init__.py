"""What is known of users and items, as numbers a model can take."""
