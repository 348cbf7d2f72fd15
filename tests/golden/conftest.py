"""Golden pictures: `pytest tests/golden --update-golden` makes them anew."""

import pytest


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden", action="store_true", help="replace the golden pictures by what is drawn"
    )


@pytest.fixture
def update_golden(request):
    return bool(request.config.getoption("--update-golden", default=False))
