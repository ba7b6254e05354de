"""`pstatus incentive`: rewards handled by hand; tells signals, writes nothing."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any
from uuid import uuid5

import typer

from schemas.signals import IncentiveCanceled, IncentiveClaimed, IncentiveSent, OfReward
from schemas.vocabulary import RewardState
from workers.cli._acting import NAMESPACE, PATIENCE, How, Note, Within, Yes
from workers.cli._records import meant
from workers.cli._updates import Case, DryRun, Leave, Study, Tell, Update, update
from workers.cli._whom import File, People, Whom, somebody, whom
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace

R = RewardState
From = Annotated[
    list[str] | None,
    typer.Option("--from-status", help="Without ids: who has this status; repeatable."),
]
Which = Annotated[
    str | None, typer.Option("--reward", help="Which reward; not needed where only one fits.")
]
Amount = Annotated[
    int | None, typer.Option("--amount-cents", min=0, help="What it is worth, in cents.")
]
Currency = Annotated[str | None, typer.Option("--currency", help="Its currency, such as EUR.")]
Decide = Callable[[Case, str | None], str | Leave]
SAYS = {
    "sent": "Say that participants were sent their reward.",
    "claimed": "Say that participants took their reward, or got it in hand.",
    "canceled": "Take back rewards that were sent and are not claimed.",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    made = typer.Typer(no_args_is_help=True, help="Rewards handled by hand.")
    for name, kind in (("sent", IncentiveSent), ("claimed", IncentiveClaimed)):
        made.command(name)(_telling(kind, f"{SAYS[name]} Shows first what would happen, and asks."))
    made.command("canceled")(canceled)
    app.add_typer(made, name="incentive")


def _telling(kind: type[OfReward], says: str) -> Callable[..., None]:
    def told(
        people: People = None,
        *,
        study: Study,
        file: File = None,
        from_status: From = None,
        reward: Which = None,
        amount_cents: Amount = None,
        currency: Currency = None,
        note: Note = None,
        yes: Yes = False,
        dry_run: DryRun = False,
        timeout: Within = PATIENCE,
        workspace: Workspace = None,
        as_json: Json = False,
    ) -> None:
        if (amount_cents is None) != (currency is None):
            raise UserError("--amount-cents and --currency come both or not at all.")
        how = How(
            by="", note=note, workspace=workspace, is_sure=yes, only_preview=dry_run,
            as_json=as_json, within=timeout,
        )  # fmt: skip
        money = {"amount_cents": amount_cents, "currency": currency}
        _tell(kind, _asked(people, file, study, from_status), how, reward=reward, money=money)

    told.__doc__ = says
    return told


def canceled(
    people: People = None,
    *,
    study: Study,
    file: File = None,
    from_status: From = None,
    reward: Which = None,
    note: Note = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    timeout: Within = PATIENCE,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Take back rewards that are not claimed. Shows first what would happen, and asks."""
    how = How(
        by="", note=note, workspace=workspace, is_sure=yes, only_preview=dry_run,
        as_json=as_json, within=timeout,
    )  # fmt: skip
    asked = _asked(people, file, study, from_status)
    _tell(IncentiveCanceled, asked, how, reward=reward, money={})


def _asked(people: People, file: File, study: str, from_status: From) -> Whom:
    asked = whom(people, file, study, from_status, study_is_told=True)
    return somebody(asked, ways=" or --from-status X")


def _tell(
    kind: type[OfReward], asked: Whom, how: How, *, reward: str | None, money: Mapping[str, Any]
) -> None:
    def decide(case: Case) -> Tell | Leave:
        found = WHICH[kind](case, reward)
        return found if isinstance(found, Leave) else Tell(kind, {"reward_id": found, **money})

    update(Update(study_id=str(asked.study_id), decide=decide, may_join=False), asked, how)


def _to_send(case: Case, named: str | None) -> str | Leave:
    """One reward a participant, unless another one is named: sent twice, it would count twice."""
    rewards = case.participant.rewards if case.participant else {}
    standing = [name for name, one in rewards.items() if one.state is not R.VOID]
    if named is not None:
        return Leave(f"{named} is {rewards[named].state}") if named in standing else named
    if standing:
        return Leave(f"{standing[0]} is {rewards[standing[0]].state} already")
    return next(iter(rewards), _made(case))


def _to_claim(case: Case, named: str | None) -> str | Leave:
    """The reward that was sent; without any, one that was handed over."""
    rewards = case.participant.rewards if case.participant else {}
    if named is not None and named not in rewards:
        return named
    sent = any(one.state is R.SENT for one in rewards.values())
    if named or sent or any(one.state is R.CLAIMED for one in rewards.values()):
        return meant(rewards, (R.SENT,), named, "reward")
    return next(iter(rewards), _made(case))


def _to_cancel(case: Case, named: str | None) -> str | Leave:
    rewards = case.participant.rewards if case.participant else {}
    return meant(rewards, (R.SENT,), named, "reward")


WHICH: Mapping[type[OfReward], Decide] = {
    IncentiveSent: _to_send,
    IncentiveClaimed: _to_claim,
    IncentiveCanceled: _to_cancel,
}


def _made(case: Case) -> str:
    named = "\n".join(("reward", case.workspace_id, case.study_id, case.person_id))
    return f"pstatus:{uuid5(NAMESPACE, named)}"
