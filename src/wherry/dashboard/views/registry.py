"""All views, in the order of the navigation."""

from __future__ import annotations

from wherry.dashboard.views.changes import CHANGES
from wherry.dashboard.views.glossary import GLOSSARY
from wherry.dashboard.views.next import NEXT
from wherry.dashboard.views.picture import PICTURE
from wherry.dashboard.views.pod import POD
from wherry.dashboard.views.puzzle import PUZZLE
from wherry.dashboard.views.service import SERVICE
from wherry.dashboard.views.story import STORY
from wherry.dashboard.views.workload import WORKLOAD

VIEWS = (PICTURE, STORY, CHANGES, NEXT, PUZZLE, GLOSSARY, POD, WORKLOAD, SERVICE)
