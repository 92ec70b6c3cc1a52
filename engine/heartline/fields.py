"""Which fields the format has at a path: what the models know, asked by the place in the data."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

__all__ = ["fields_at", "models_at"]


def fields_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """The names of the fields, as authors write them, that a mapping at this path may have."""
    return [
        field.alias or name
        for found in models_at(model, path)
        for name, field in found.model_fields.items()
    ]


def models_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[type[BaseModel]]:
    """The models that a mapping at this path may have.

    The path is the models' own: after the name of a variable it holds the variable's type.
    """
    annotations: list[Any] = [model]
    for part in path:
        found: list[Any] = []
        for annotation in annotations:
            found += _inside(annotation, part)
        annotations = _flat(found)
    return [annotation for annotation in annotations if _is_model(annotation)]


def _inside(annotation: Any, part: str | int) -> list[Any]:
    if _is_model(annotation):
        if _is_tag(annotation, part):
            return [annotation]
        return [
            field.annotation
            for name, field in annotation.model_fields.items()
            if part in (name, field.alias)
        ]
    arguments = get_args(annotation)
    if get_origin(annotation) is dict and isinstance(part, str):
        return [arguments[1]]
    if get_origin(annotation) is tuple and isinstance(part, int):
        return [arguments[0]]
    return []


def _is_tag(model: type[BaseModel], part: str | int) -> bool:
    """Whether this is one of several models that `type` tells apart, and part names its type."""
    field = model.model_fields.get("type")
    return field is not None and field.is_required() and part in get_args(field.annotation)


def _flat(annotations: list[Any]) -> list[Any]:
    """Without Annotated, with the members of unions in place of the union."""
    flat: list[Any] = []
    for annotation in annotations:
        origin = get_origin(annotation)
        if origin is Annotated:
            flat += _flat([get_args(annotation)[0]])
        elif origin in (Union, UnionType):
            flat += _flat(list(get_args(annotation)))
        else:
            flat.append(annotation)
    return flat


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
