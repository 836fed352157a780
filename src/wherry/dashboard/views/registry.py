"""All views: those of the navigation in its order, and those of one thing."""

from __future__ import annotations

from wherry.dashboard.views.ceremonies import CEREMONIES_VIEW
from wherry.dashboard.views.changes import CHANGES
from wherry.dashboard.views.contract import CONTRACT
from wherry.dashboard.views.criterion import CRITERION
from wherry.dashboard.views.demo import DEMO
from wherry.dashboard.views.done import DONE
from wherry.dashboard.views.find import FIND
from wherry.dashboard.views.future import FUTURE
from wherry.dashboard.views.glossary import GLOSSARY
from wherry.dashboard.views.log import LOG
from wherry.dashboard.views.masters import MASTERS
from wherry.dashboard.views.next import NEXT
from wherry.dashboard.views.picture import PICTURE
from wherry.dashboard.views.pod import POD
from wherry.dashboard.views.puzzle import PUZZLE
from wherry.dashboard.views.releases import RELEASES_VIEW
from wherry.dashboard.views.report import REPORT
from wherry.dashboard.views.rollout import ROLLOUT
from wherry.dashboard.views.service import SERVICE
from wherry.dashboard.views.settings import SETTINGS
from wherry.dashboard.views.shell import SHELL
from wherry.dashboard.views.story import STORY
from wherry.dashboard.views.tour import TOUR
from wherry.dashboard.views.what_if import WHAT_IF
from wherry.dashboard.views.workload import WORKLOAD
from wherry.dashboard.views.yaml import YAML

NAVIGATION = (
    ("Look", (PICTURE, STORY, CHANGES, MASTERS)),
    ("Plan", (NEXT, FUTURE, WHAT_IF, CEREMONIES_VIEW)),
    ("Agree", (PUZZLE,)),
    ("Prove", (DONE, RELEASES_VIEW, REPORT)),
    ("Learn", (TOUR, DEMO, GLOSSARY)),
)
"""What the navigation shows, by what somebody wants to do."""

INSIDE = (POD, WORKLOAD, SERVICE, CONTRACT, CRITERION, LOG, SHELL, SETTINGS, ROLLOUT, YAML)
"""The pages of one thing: others lead there."""

VIEWS = (*(view for _, views in NAVIGATION for view in views), FIND, *INSIDE)
