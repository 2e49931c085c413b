"""Everything that travels over REST has an example, and the example is right."""

import inspect

import pytest
from pydantic import BaseModel

from app import library_schemas, schemas, settings_schemas

MODELS = [
    value
    for module in (schemas, library_schemas, settings_schemas)
    for _, value in inspect.getmembers(module, inspect.isclass)
    if issubclass(value, BaseModel) and value.__module__ == module.__name__
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_schema_has_an_example_of_all_its_fields(model: type[BaseModel]) -> None:
    example = model.model_json_schema()["example"]
    parsed = model.model_validate(example)
    assert set(example) <= set(model.model_fields)
    if not model.__name__.endswith("In"):
        assert parsed.model_dump(mode="json") == example
