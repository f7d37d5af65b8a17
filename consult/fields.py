"""Fields for what must not be readable in a dump: AES-256-GCM, bound to the row, with a key id.

Stored: 0x01 | key id (2) | nonce (12) | ciphertext and tag. The additional data name the model,
the column and the row, so a value copied to another row or column does not open. A row's primary
key must therefore exist before its first save (`UUIDField(default=uuid4)`).

A value is opened when it is first read, not when the row is fetched: a list pays only for what it
shows. A tampered value raises `Tampered`, never yields a wrong answer.
"""

import hashlib
import hmac
import json
import os
import unicodedata
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

FORMAT = b"\x01"
NONCE_BYTES = 12
HEADER_BYTES = 1 + 2 + NONCE_BYTES


class Tampered(Exception):
    """A stored value does not open: changed, moved from another row, or its key is missing."""


class Sealed(bytes):
    """What stands in the database, not yet opened."""


def seal(plain: bytes, *, bound_to: str) -> Sealed:
    kid, key = next(iter(settings.FIELD_KEYS.items()))
    nonce = os.urandom(NONCE_BYTES)
    header = FORMAT + kid.encode().ljust(2, b"\0")
    data = f"{bound_to}|1|{kid}".encode()
    return Sealed(header + nonce + AESGCM(key).encrypt(nonce, plain, data))


def unseal(sealed: bytes, *, bound_to: str) -> bytes:
    kid = sealed[1:3].rstrip(b"\0").decode("ascii", "replace")
    key = settings.FIELD_KEYS.get(kid)
    if sealed[:1] != FORMAT or key is None:
        raise Tampered(f"{bound_to}: unknown format or key “{kid}”")
    nonce, body = sealed[3:HEADER_BYTES], sealed[HEADER_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, body, f"{bound_to}|1|{kid}".encode())
    except InvalidTag as error:
        raise Tampered(bound_to) from error


def blind_index(purpose: str, value: str) -> bytes:
    """The same value gives the same 16 bytes, and nothing leads back without the index key."""
    normal = unicodedata.normalize("NFKC", value).strip().casefold()
    message = f"{purpose}|{normal}".encode()
    return hmac.digest(settings.INDEX_KEY, message, hashlib.sha256)[:16]


class SealedAttribute(DeferredAttribute):
    """Opens the value at the first read and keeps it open on the instance."""

    field: "EncryptedField"

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if instance is not None and isinstance(value, Sealed):
            value = self.field.open(value, instance)
            instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        # Being a data descriptor is what makes every read come through __get__.
        instance.__dict__[self.field.attname] = value


class EncryptedField(models.Field):  # type: ignore[type-arg]
    """Stored as bytes; what it holds is the subclass's business."""

    descriptor_class = SealedAttribute
    empty_strings_allowed = False

    def get_internal_type(self) -> str:
        return "BinaryField"

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> Any:
        return connection.ops.binary_placeholder_sql(value)

    def bound_to(self, instance: models.Model) -> str:
        return f"{self.model._meta.label_lower}|{self.name}|{instance.pk}"

    def dump(self, value: Any) -> bytes:
        raise NotImplementedError

    def load(self, plain: bytes) -> Any:
        raise NotImplementedError

    def open(self, sealed: bytes, instance: models.Model) -> Any:
        return self.load(unseal(sealed, bound_to=self.bound_to(instance)))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Sealed | None:
        value = model_instance.__dict__.get(self.attname)
        if value is None or isinstance(value, Sealed):
            return value
        return seal(self.dump(value), bound_to=self.bound_to(model_instance))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not isinstance(value, Sealed):
            raise FieldError(
                f"{self.name} is encrypted for its row: set it on the instance and save() it."
            )
        return None if value is None else connection.Database.Binary(value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted; it cannot be searched by {lookup_name}.")
        return super().get_lookup(lookup_name)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        raise FieldError(f"{self.name} is encrypted; it is never written out as text.")


class EncryptedTextField(EncryptedField):
    def dump(self, value: str) -> bytes:
        return value.encode()

    def load(self, plain: bytes) -> str:
        return plain.decode()


class EncryptedJSONField(EncryptedField):
    def dump(self, value: Any) -> bytes:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

    def load(self, plain: bytes) -> Any:
        return json.loads(plain)


class BlindIndexField(models.BinaryField):  # type: ignore[type-arg]
    """The index of another attribute of the same row, so that equal values can be found."""

    def __init__(self, *args: Any, of: str = "", purpose: str = "", **kwargs: Any) -> None:
        self.of, self.purpose = of, purpose
        kwargs |= {"max_length": 16, "editable": False}
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"of": self.of, "purpose": self.purpose}

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:
        value = getattr(model_instance, self.of)
        index = blind_index(self.purpose, value) if value else None
        setattr(model_instance, self.attname, index)
        return index


class FindableTextField(EncryptedTextField):
    """Encrypted text that can be found by equality, through the blind index beside it."""

    def __init__(self, *args: Any, index: str = "", **kwargs: Any) -> None:
        self.index = index
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"index": self.index}

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name in {"exact", "iexact"}:
            return FoundByIndex
        return super().get_lookup(lookup_name)


class FoundByIndex(models.Lookup):
    """`email="ana@example.org"` becomes a comparison of the two blind indexes."""

    lookup_name = "exact"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        field = self.lhs.target
        index = field.model._meta.get_field(field.index)
        sql, params = compiler.compile(index.get_col(self.lhs.alias))
        value = index.get_db_prep_value(blind_index(index.purpose, str(self.rhs)), connection)
        return f"{sql} = %s", [*params, value]
