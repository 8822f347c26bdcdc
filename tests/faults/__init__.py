"""What happens to reports when something breaks: the rows of docs/faults.md."""

import pytest

pytest.register_assert_rewrite("tests.faults.house", "tests.faults.people")
