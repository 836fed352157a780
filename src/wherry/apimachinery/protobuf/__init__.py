"""The compact binary form in which kubectl and helm send some objects, turned into documents."""
