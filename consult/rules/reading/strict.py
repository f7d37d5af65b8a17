"""Read YAML strictly: whatever could be a slip of the pen is refused with a sentence."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?|[A-Z][A-Z0-9_]*(-\d\d)?")
VERSION = re.compile(r"\d+\.\d+\.\d+")
TOP = "file"
BARE = "a bare yes, no, on or off, which YAML reads as true or false; put it in quotes"


class DataError(Exception):
    """A published file that cannot be trusted: which file, which entry of it, and why."""

    def __init__(self, file: str, item: str, reason: str) -> None:
        self.file, self.item, self.reason = file, item, reason
        super().__init__(f"{file}, {item}: {reason}.")


class Entry:
    """One mapping of a file.

    Every reading names the key; what is missing or of the wrong kind is refused.
    """

    def __init__(self, file: str, item: str, data: dict[str, Any]) -> None:
        self.file, self.item, self.data = file, item, data

    def refuse(self, reason: str) -> DataError:
        return DataError(self.file, self.item, reason)

    def only(self, *keys: str) -> None:
        """Refuse a key nobody reads: a slip such as `enable_whn` would silently do nothing."""
        for key in self.data:
            if key not in keys:
                raise self.refuse(f"has {shown(key)}, which nobody reads")

    def text(self, key: str) -> str:
        value = self._value(key)
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(f"{key} is {shown(value)}, but should be a text")
        return value.strip()

    def words(self, key: str) -> str:
        """A text that may be left out."""
        return self.text(key) if key in self.data else ""

    def code(self, key: str) -> str:
        return self._code(key, self._value(key))

    def codes(self, key: str) -> tuple[str, ...]:
        return tuple(self._code(key, one) for one in self.many(key))

    def texts(self, key: str) -> tuple[str, ...]:
        texts = self.many(key)
        if not all(isinstance(one, str) and one.strip() for one in texts):
            raise self.refuse(f"{key} should hold texts only")
        return tuple(texts)

    def numbers(self, key: str) -> tuple[int, ...]:
        numbers = self.many(key)
        if not all(is_whole(one) for one in numbers):
            raise self.refuse(f"{key} should hold whole numbers only")
        return tuple(numbers)

    def whole(self, key: str) -> int:
        value = self._value(key)
        if not is_whole(value):
            raise self.refuse(f"{key} is {shown(value)}, but should be a whole number")
        return int(value)

    def flag(self, key: str) -> bool:
        """True or false; left out means false."""
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            raise self.refuse(f"{key} is {shown(value)}, but should be true or false")
        return value

    def one_of(self, key: str, allowed: Iterable[str]) -> str:
        value = self.code(key)
        if value not in allowed:
            raise self.refuse(f"{key} is {value}, but should be one of {', '.join(allowed)}")
        return value

    def many(self, key: str) -> list[Any]:
        value = self._value(key)
        if not isinstance(value, list):
            raise self.refuse(f"{key} is {shown(value)}, but should be a list")
        return value

    def part(self, key: str) -> "Entry":
        """A mapping inside this one, still named after this entry."""
        return self._entry(self.item, key, self._value(key))

    def parts(self, key: str, name: str = "id") -> Iterator["Entry"]:
        """The mappings of a list, each named after its own id; the same id twice is refused."""
        seen: set[str] = set()
        for data in self.many(key):
            part = self._entry(f"{self.item}, {key}", key, data)
            code = part.code(name)
            part.item = code if self.item == TOP else f"{self.item}, {code}"
            if code in seen:
                raise part.refuse(f"appears twice in {key}")
            seen.add(code)
            yield part

    def _entry(self, item: str, key: str, value: Any) -> "Entry":
        if not isinstance(value, dict):
            raise self.refuse(f"{key} is {shown(value)}, but should be a mapping")
        return Entry(self.file, item, value)

    def _value(self, key: str) -> Any:
        if key not in self.data:
            raise self.refuse(f"has no {key}")
        return self.data[key]

    def _code(self, key: str, value: Any) -> str:
        if isinstance(value, bool):
            raise self.refuse(f"{key} holds {BARE}")
        if not isinstance(value, str) or not CODE.fullmatch(value):
            raise self.refuse(
                f"{key} is {shown(value)}, but should be a code such as knee_hip_joint"
            )
        return value


def read_file(path: Path) -> Entry:
    """Read one YAML file whose top is a mapping. Raises DataError, also for a key given twice."""
    name = f"{path.parent.name}/{path.name}"
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506, a SafeLoader underneath
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(name, TOP, f"cannot be read ({type(error).__name__})") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else TOP
        raise DataError(name, line, str(getattr(error, "problem", "") or "is not YAML")) from error
    if not isinstance(data, dict):
        raise DataError(name, TOP, "should be one mapping")
    return Entry(name, TOP, data)


def read_version(top: Entry, path: Path) -> str:
    """The version of a file, which has to be the name of the file too."""
    version = top.text("version")
    if not VERSION.fullmatch(version):
        raise top.refuse(f"version is {version}, but should be three numbers such as 0.1.0")
    if version != path.stem:
        raise top.refuse(f"version is {version}, but the file is named {path.stem}")
    return version


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def shown(value: object) -> str:
    """A value as a sentence can hold it: short, on one line."""
    return f"“{value[:40]}”" if isinstance(value, str) else repr(value)[:40]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML's safe loader, in C where it is there (ten times faster), which refuses unsafe keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                raise _at(key, f"the key {key.value} is not read as a text; put it in quotes")
            if key.value in seen:
                raise _at(key, f"{key.value} is given twice")
            seen.add(key.value)
        constructed: dict[Any, Any] = super().construct_mapping(node, deep)
        return constructed


def _at(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
