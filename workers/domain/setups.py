"""What is configured: a study's setup and a workspace's policy; only the newest of each counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.rules import Rule
from schemas.signals import PolicyConfigured, StudyConfigured
from schemas.vocabulary import StudyType


@dataclass(frozen=True, slots=True)
class Setup:
    """What decides a study's stages, its limit and the statuses offered."""

    type: StudyType | None = None
    screener: bool = False
    incentive: bool = False
    participation_limit: int | None = None

    @classmethod
    def of(cls, told: StudyConfigured) -> "Setup":
        """The setup that a signal configures."""
        return cls(told.type, told.screener, told.incentive, told.participation_limit)


@dataclass(frozen=True, slots=True)
class Policy:
    """A workspace's governance rules and the zone of its calendar."""

    rules: tuple[Rule, ...] = ()
    timezone: str = "UTC"

    @classmethod
    def of(cls, told: PolicyConfigured) -> "Policy":
        """The policy that a signal configures."""
        return cls(told.rules, told.timezone)


UNCONFIGURED = Setup()
"""A study never configured has no type, screener, incentive or limit."""
NO_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class World:
    """The newest setups by study, and the newest policy, of one workspace."""

    setups: Mapping[str, Setup] = field(default_factory=dict)
    policy: Policy = NO_POLICY

    def setup(self, study_id: str) -> Setup:
        """The newest setup of a study."""
        return self.setups.get(study_id, UNCONFIGURED)
