"""What can go wrong with accounts, logins and keys."""

from __future__ import annotations

from models.errors import Explained


class LoginRefused(Explained):
    """Nobody is called so, or the password is another: which of the two is not said."""

    code = "login-refused"
    template = "The name or the password is wrong."


class LoginThrottled(Explained):
    """Too many logins failed for this name or from this address."""

    code = "login-throttled"
    template = "Too many logins failed. Try again in {seconds} seconds."


class LoginBusy(Explained):
    """More passwords wait to be checked than this machine can check soon."""

    code = "login-busy"
    template = "Many people are logging in at this moment. Try again in a few seconds."


class SetupRefused(Explained):
    """The token of the first start is wrong, or was used."""

    code = "setup-refused"
    template = (
        "The owner's account exists already, or the token is wrong. Log in, or take the token of the latest start."
    )


class UserNameInvalid(Explained):
    """A user's name is empty, too long, or has characters that nobody sees."""

    code = "user-name-invalid"
    template = "A user's name has 1 to {limit} visible characters on one line."


class UserNameTaken(Explained):
    """Another user has this name, perhaps written otherwise."""

    code = "user-name-taken"
    template = "A user called {name} exists already. Choose another name."


class UnknownUser(Explained):
    """No user has this id."""

    code = "unknown-user"
    template = "There is no user {id}. The account may have been removed."


class PasswordUnfit(Explained):
    """A password that would be guessed."""

    code = "password-unfit"
    template = (
        "A password has {least} to {most} characters, at least {distinct} different ones, and is not the user's name. "
        "Choose another one."
    )


class OwnerStays(Explained):
    """The owner's account cannot be removed: nobody could manage the others."""

    code = "owner-stays"
    template = "{name} owns this installation, so this account stays."


class KeyInvalid(Explained):
    """A key without a name or without a scope."""

    code = "key-invalid"
    template = (
        "An API key has a name of 1 to {limit} visible characters on one line, at least one of the scopes {scopes}, "
        "and at least one base or all."
    )


class ScopeRefused(Explained):
    """A key that could do more than its user."""

    code = "scope-refused"
    template = "Only the owner of this installation can make an API key with the scope {scope}."


class UnknownKey(Explained):
    """The user has no key with this id."""

    code = "unknown-key"
    template = "There is no API key {id}. It may have been revoked."
