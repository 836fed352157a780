"""The web page that shows a cluster: pictures, the story and why, with the rights of the person who looks."""
