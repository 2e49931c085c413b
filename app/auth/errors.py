"""What can go wrong with accounts, logins and keys."""

from __future__ import annotations

from models.errors import Explained


class LoginNeeded(Explained):
    """Nobody is known by what the request carries."""

    code = "login-needed"
    template = "Log in first. Programs show an API key: Authorization: Bearer zw_…"


class KeyRefused(Explained):
    """A key that was revoked, mistyped, or belongs to an account that was removed."""

    code = "key-refused"
    template = "This API key is not valid. It may have been revoked: ask its user for another one."


class ScopeMissing(Explained):
    """A key that does not allow this."""

    code = "scope-missing"
    template = "This API key lacks the scope {scope}. Make a key that has it."


class SessionNeeded(Explained):
    """What only somebody at a browser may do."""

    code = "session-needed"
    template = "No API key can do this. Log in to a browser, as yourself."


class NotAllowed(Explained):
    """The account may see this, and may not do that."""

    code = "not-allowed"
    template = "Your account may not do this. Ask the owner of the base, or of this installation."


class PageStale(Explained):
    """A change without the token of the session's pages: from a page of an earlier login, or from another site."""

    code = "page-stale"
    template = "This page is from an earlier login. Load it again, then try again."


class LoginRefused(Explained):
    """Nobody is called so, or the password is another: which of the two is not said."""

    code = "login-refused"
    template = "The name or the password is wrong."


class LoginNotStored(Explained):
    """A failed login is counted and a session is kept before anybody is let in: the disk takes neither."""

    code = "login-not-stored"
    template = (
        "Nobody can log in now: the disk of this server is full, or cannot be written to. Whoever runs it has to make "
        "room there. Who is logged in already can go on reading."
    )


class LoginThrottled(Explained):
    """Too many logins failed for this name or from this address."""

    code = "login-throttled"
    template = "Too many logins failed. Try again in {seconds} s."


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
    template = "There is no user with the id “{id}”. The account may have been removed."


class PasswordUnfit(Explained):
    """A password that would be guessed."""

    code = "password-unfit"
    template = (
        "A password has {least} to {most} characters, at least {distinct} different ones, and is not the user's name. "
        "Choose another one."
    )


class OwnerStays(Explained):
    """The owner's account cannot be removed or bounded: nobody could manage the others."""

    code = "owner-stays"
    template = "{name} owns this installation: this account stays, and may do everything in every base."


class NoAccounts(Explained):
    """Something about accounts on a machine that has none."""

    code = "no-accounts"
    template = "There are no accounts here yet. Open /setup to make the owner's account first."


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
    template = "There is no API key with the id “{id}”. It may have been revoked."
