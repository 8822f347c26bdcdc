"""What an entry's outbox has on disk."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Disk:
    """The file, and the folder of the files that wait with reports."""

    file: Path

    @property
    def folder(self) -> Path:
        """Return the folder."""
        return self.file.with_name(f"{self.file.name}_files")

    @property
    def _away(self) -> Path:
        """Return where the storage is while it is gone."""
        return self.file.parent.with_name("away")

    def exists(self) -> bool:
        """Tell whether there is a file."""
        return self.file.exists()

    def read(self) -> bytes:
        """Return what the file holds."""
        return self.file.read_bytes()

    def write(self, content: bytes) -> None:
        """Put something else into the file."""
        self.file.write_bytes(content)

    def replace(self, *, is_folder: bool) -> None:
        """Put what is no file in its place: a folder, or a link to itself."""
        if is_folder:
            self.file.mkdir()
            (self.file / "something").write_text("of somebody")
        else:
            self.file.symlink_to(self.file)

    def files(self) -> list[Path]:
        """Return the files that wait."""
        return sorted(self.folder.iterdir())

    def size(self) -> int:
        """Return how large the files are that wait."""
        return sum(path.stat().st_size for path in self.files())

    def modes(self) -> tuple[int, set[int]]:
        """Return who may read the folder, and the files."""
        files = [self.file, *self.files()]
        return _mode(self.folder), {_mode(path) for path in files}

    def add_file(self) -> None:
        """Leave a file of a report that was never answered, as a stop does."""
        (self.folder / f"{'0' * 32}-0").write_text("Left")

    def lose_files(self) -> None:
        """Delete the files that wait."""
        for path in self.files():
            path.unlink()

    def set_aside(self) -> list[Path]:
        """Return what could not be read."""
        return sorted(self.file.parent.glob(f"{self.file.name}.unreadable-*"))

    def left(self) -> list[str]:
        """Return the names of all that is in the storage."""
        return [path.name for path in self.file.parent.iterdir()]

    def fail(self) -> None:
        """Let nothing be written any more."""
        self.file.parent.rename(self._away)

    def heal(self) -> None:
        """Be as before the failure."""
        self._away.rename(self.file.parent)


def _mode(path: Path) -> int:
    """Return the permissions."""
    return path.stat().st_mode & 0o777
