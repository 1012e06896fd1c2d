"""What the model says of single genes: predicted functions, completed sets, who is understudied."""
