"""What the commands of build, release and run have in common."""
