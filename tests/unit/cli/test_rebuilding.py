"""A release, built again from its commit: what the difference says."""

from __future__ import annotations

from pathlib import Path

import pytest

from suites.played_twin import played_twin
from wherry.cli.rebuilding import check_out, judge_rebuilt
from wherry.cli.rebuilt_difference import Difference, compare_images
from wherry.kit.process import run
from wherry.method.evidence.observation import Observation
from wherry.runtime.interface import ImageConfig, ImageStatus


def image(folder: Path, **files: str) -> ImageStatus:
    layer = folder / "layer"
    for name, text in {
        "usr/lib/base": "base",
        **{name.replace("_", "/"): text for name, text in files.items()},
    }.items():
        (layer / name).parent.mkdir(parents=True, exist_ok=True)
        (layer / name).write_text(text)
    config = ImageConfig(working_dir="/app")
    return ImageStatus("id", f"sha256:{folder.name}", [], 0, 0.0, config, [folder / "shared", layer])


@pytest.mark.parametrize(
    ("files", "difference"),
    [
        ({"app_main.py": "one"}, Difference()),
        ({"app_main.py": "two"}, Difference("/app/main.py")),
        ({"app_main.py": "one", "app_new.py": ""}, Difference("/app/new.py")),
        ({"app_main.py": "one", "app_main.pyc": "x"}, Difference()),
        ({"app_main.py": "one", "usr_lib_base": "new"}, Difference("", "/usr/lib/base")),
        ({"app_main.py": "one", "application": "x"}, Difference("", "/application")),
    ],
)
def test_only_the_content_of_files_counts_and_code_is_told_from_the_base(
    files: dict[str, str], difference: Difference, tmp_path: Path
) -> None:
    one = image(tmp_path / "a", **{"app_main.py": "one"})
    assert compare_images(one, image(tmp_path / "b", **files)) == difference


@pytest.mark.parametrize(
    ("digest", "difference", "weight", "words"),
    [
        ("sha256:" + "a" * 64, None, "supports", "the very image"),
        ("sha256:b", Difference(), "supports", "only times differ"),
        ("sha256:b", Difference("/app/main.py"), "against", "/app/main.py is another"),
        ("sha256:b", Difference("", "/usr/lib/base"), "doubt", "on another base"),
        ("sha256:b", None, "doubt", "is not here"),
    ],
)
def test_another_code_is_a_counter_example_and_another_base_is_none(
    digest: str, difference: Difference | None, weight: str, words: str
) -> None:
    found = judge_rebuilt(played_twin().release, digest, difference)[0]
    assert (found.weight.value, words in found.says) == (weight, True)


async def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=ana", "-c", "user.email=ana@example.com")
    done = await run(["git", *who, *arguments], timeout_s=30.0, cwd=folder)
    assert done.exit_code == 0, done.message()
    return done.stdout.decode().strip()


async def committed(top: Path, *names: str) -> str:
    """A repository with these files; its commit."""
    for name in names:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(name)
    await git(top, "init", "--quiet")
    await git(top, "add", "--all")
    await git(top, "commit", "--quiet", "--message", "All of it")
    return await git(top, "rev-parse", "HEAD")


@pytest.mark.parametrize("inside", ["", "services/orders"])
async def test_a_service_in_a_folder_of_a_larger_repository_is_checked_out_with_the_whole(
    inside: str, tmp_path: Path
) -> None:
    top = tmp_path / "shop"
    root = top / inside
    root.mkdir(parents=True)
    commit = await committed(top, f"{inside}/image.toml".lstrip("/"), "shared/base.txt")
    (root / "image.toml").write_text("changed since")
    await git(top, "remote", "add", "origin", "https://example.com/shop.git")
    folder = await check_out(root, commit, tmp_path / "checkout")
    assert folder == tmp_path / "checkout" / inside
    assert isinstance(folder, Path)
    assert (folder / "image.toml").read_text() == f"{inside}/image.toml".lstrip("/")
    assert (tmp_path / "checkout" / "shared" / "base.txt").exists()
    assert await git(folder, "remote", "get-url", "origin") == "https://example.com/shop.git"


async def test_what_cannot_be_checked_out_leaves_the_question_open_with_the_reason(tmp_path: Path) -> None:
    top = tmp_path / "shop"
    (top / "new").mkdir(parents=True)
    commit = await committed(top, "image.toml")
    cases = [
        (top, "0" * 40, "The commit 000000000000 is not in this repository"),
        (top / "new", commit, f"The commit {commit[:12]} has no folder new"),
        (tmp_path, commit, f"{tmp_path} is in no git repository"),
    ]
    for number, (root, revision, words) in enumerate(cases):
        found = await check_out(root, revision, tmp_path / f"checkout-{number}")
        assert isinstance(found, Observation)
        assert found.says.startswith(words)
