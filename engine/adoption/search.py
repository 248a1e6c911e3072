"""Goes through a stack for what its state lacks and AWS has. Reads AWS; changes nothing anywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.adoption.looking import Look, RefusedError
from engine.adoption.passwords import declared_resources, sharers, to_forget
from engine.adoption.references import DeclaredValues, UnknownReferenceError
from engine.adoption.results import Adoption, Findings, Foreign, Note
from engine.adoption.rules import Place, at, filled, same, tag_map
from engine.adoption.table import TABLE
from engine.adoption.undeclared import undeclared_rules
from engine.aws.clients import DeployRole
from engine.kinds.adoption import Adopt, Item, Question
from engine.settings import EngineSettings
from messages.message import message, verbatim

SUFFIX = "Suffix"
PASSWORD_KIND = "aws_secretsmanager_secret_version"


def find_adoptable(
    settings: EngineSettings,
    stack: Mapping[str, Any],
    state: Mapping[str, Any],
    place: Place,
    role: DeployRole | None = None,
    *,
    teardown: bool = False,
) -> Findings:
    """Compare a synthesized stack (`cdk.tf.json`), its state (`terraform show -json`) and AWS.

    Reads the account of the role, or of the worker's own credentials; raises AwsUnavailableError. A type without a row,
    and what refers to something that does not exist, is left to Terraform. For a teardown nothing is forgotten, since
    nothing is written, and what goes along with something else is left out.
    """
    values = state_values(state)
    forget = () if teardown else to_forget(stack, values)
    for note in forget:
        del values[note.address]
    findings = Search(Look(settings, place.region, role), place, stack, values).findings()
    if teardown:
        adoptions = tuple(adoption for adoption in findings.adoptions if not adoption.goes_along)
        return replace(findings, adoptions=adoptions, notes=())
    return replace(findings, forget=forget)


def state_values(state: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the attributes of each managed resource of a state, by address."""
    module = state.get("values", {}).get("root_module", {})
    return {part["address"]: part["values"] for part in module.get("resources", []) if part.get("mode") == "managed"}


@dataclass(frozen=True)
class Match:
    """One of AWS's items that answers to a declared resource, and what its tags make of it."""

    item: Item
    import_id: str
    refusal: str = ""


class Search:
    """One comparison; each resource is looked for once, after those that it refers to."""

    def __init__(
        self, look: Look, place: Place, stack: Mapping[str, Any], state: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.look = look
        self.place = place
        self.declared = dict(declared_resources(stack))
        self.alone = {next(iter(users)) for users in sharers(stack).values() if len(users) == 1}
        self.state = state
        self.spoken_of = json.dumps(list(state.values()))
        self.found: dict[str, Match | None] = {}
        self.foreign: list[Foreign] = []
        self.surplus: list[Foreign] = []
        self._index: dict[str, dict[str, str]] | None = None

    def findings(self) -> Findings:
        """Look for everything that the state lacks."""
        adoptions, notes = [], []
        for address in sorted(set(self.declared) - set(self.state)):
            match, rule = self.match(address), TABLE.get(address.partition(".")[0])
            if match is not None and isinstance(rule, Adopt):
                word = _word(match.item, rule.unfinished)
                adoptions.append(Adoption(address, match.import_id, word, rule.goes_along))
            elif address.startswith(f"{PASSWORD_KIND}."):
                notes += self.password_notes(address)
        self.surplus += undeclared_rules(self.look, adoptions, self.state)
        return Findings(
            tuple(adoptions), tuple(sorted(self.foreign)), tuple(sorted(self.surplus)), notes=tuple(sorted(notes))
        )

    def password_notes(self, address: str) -> list[Note]:
        """Say that a secret gets a password that nobody else is given, where it has one already."""
        if address not in self.alone:
            return []
        try:
            secret = self.given(address).at("secret_id")
        except UnknownReferenceError:
            return []
        description = self.look.answer("secretsmanager", "describe_secret", SecretId=secret)
        if not description.get("VersionIdsToStages"):
            return []
        return [
            Note(
                address,
                message(
                    "{name} gets a new password, which no database knows: rotate it after the apply.",
                    name=description["Name"],
                ),
            )
        ]

    def match(self, address: str) -> Match | None:
        """Return what AWS has of a resource and is ours, or None; what is not ours is noted."""
        if address not in self.found:
            self.found[address] = None
            rule = TABLE.get(address.partition(".")[0])
            if isinstance(rule, Adopt):
                self.found[address] = self.chosen(address, rule)
        return self.found[address]

    def chosen(self, address: str, rule: Adopt) -> Match | None:
        """Return the one of AWS's items that is adopted; the others are surplus or foreign."""
        given = self.given(address)
        try:
            matches = self.matches(given, rule)
        except UnknownReferenceError:
            return None
        # A bucket's three rules are three items of one thing.
        ours = list({match.import_id: match for match in matches if not match.refusal}.values())
        self.foreign += [
            Foreign(address, match.import_id, verbatim(match.refusal))
            for match in matches
            if match.refusal and not ours
        ]
        if rule.newest:
            return max(ours, key=lambda match: int(at(match.item, rule.newest)), default=None)
        # Of two, the one that the rest of the state speaks of: to take the other would move everything over.
        ours.sort(key=lambda match: (f'"{match.import_id}"' not in self.spoken_of, match.import_id))
        more = message(
            "It is the district's too, and one more than the stack declares. A teardown finds it by its tags."
        )
        self.surplus += [Foreign(address, match.import_id, more) for match in ours[1:]]
        return ours[0] if ours else None

    def matches(self, given: DeclaredValues, rule: Adopt) -> list[Match]:
        """Return the items that answer to the resource; raises UnknownReferenceError where it cannot exist yet."""
        wanted = {path: given.at(source) for path, source in rule.where.items()}
        matches = []
        for listed in self.items(rule.question, given):
            if not _agrees(listed, {path: value for path, value in wanted.items() if not path.startswith("tags.")}):
                continue
            item, refusal = self.with_tags(listed, rule, given)
            if (rule.chosen_by_tags and refusal) or not _agrees(item, wanted):
                continue
            if rule.detail is not None:
                item = {**item, **next(iter(self.items(rule.detail, given, item)), {})}
            if not _word(item, rule.dead):
                refusal = refusal or self.differs(item, rule, given)
                matches.append(Match(item, self.fill(rule.import_id, given, item), refusal))
        return matches

    def with_tags(self, item: Item, rule: Adopt, given: DeclaredValues) -> tuple[Item, str]:
        """Return the item with its tags as a mapping, and why it is not ours, or nothing."""
        if rule.tags is None:
            return item, ""
        try:
            tags = tag_map(at(item, rule.tags)) if isinstance(rule.tags, str) else self.asked_tags(item, rule, given)
        except RefusedError:
            return item, message("AWS does not show us its tags, so it is not the district's.")
        owner = tags.get(SUFFIX)
        refusal = ""
        if owner is None and not rule.tagged_later:
            refusal = message("It has no tag {suffix}, so nothing says that it is the district's.", suffix=SUFFIX)
        elif owner is not None and owner != self.place.suffix:
            refusal = message(
                "Its tag {suffix} is {owner}, not {suffix2}.", suffix=SUFFIX, owner=owner, suffix2=self.place.suffix
            )
        return {**item, "tags": tags}, refusal

    def asked_tags(self, item: Item, rule: Adopt, given: DeclaredValues) -> dict[str, str]:
        """Return an item's tags out of the tag index, which lags behind, or else from the service itself."""
        question, arn = rule.tags, self.attribute_of(rule, "arn", item, given)
        assert isinstance(question, Question)
        if arn in self.index():
            return self.index()[arn]
        if question.within:
            return tag_map(self.items(question, given, item))
        tags: dict[str, str] = {}
        for page in self.look.pages(question.service, question.operation, self.fill(question.parameters, given, item)):
            tags |= tag_map(at(page, question.collection))
        return tags

    def index(self) -> dict[str, dict[str, str]]:
        """Return the tags of what AWS's tag index lists under the district's suffix, by ARN."""
        if self._index is None:
            filters = [{"Key": SUFFIX, "Values": [self.place.suffix]}]
            pages = self.look.pages("resourcegroupstaggingapi", "get_resources", {"TagFilters": filters})
            mappings = [mapping for page in pages for mapping in page["ResourceTagMappingList"]]
            self._index = {mapping["ResourceARN"]: tag_map(mapping["Tags"]) for mapping in mappings}
        return self._index

    def differs(self, item: Item, rule: Adopt, given: DeclaredValues) -> str:
        """Say why an item of a name that is not the district's alone is not ours, or nothing."""
        for path, source in rule.must_equal.items():
            leads = at(item, path)
            try:
                wanted = given.at(source)
            except UnknownReferenceError:
                return message("It leads to {leads}, and what the district's leads to does not exist.", leads=leads)
            if not same(leads, wanted):
                return message("It leads to {leads}, and the district's leads to {wanted}.", leads=leads, wanted=wanted)
        return ""

    def given(self, address: str) -> DeclaredValues:
        """Return the declared values of a resource, with references put in."""
        return DeclaredValues(self.declared[address], self.attribute)

    def attribute(self, address: str, name: str) -> Any:
        """Return an attribute that another resource refers to; raises UnknownReferenceError."""
        if address in self.state:
            value = self.state[address].get(name)
        else:
            match, rule = self.match(address), TABLE.get(address.partition(".")[0])
            if match is None or not isinstance(rule, Adopt):
                raise UnknownReferenceError(address)
            value = self.attribute_of(rule, name, match.item, self.given(address))
            if value is None:
                value = match.import_id if name == "id" else self.given(address).at(name)
        if value is None:
            raise UnknownReferenceError(f"{address}.{name}")
        return value

    def attribute_of(self, rule: Adopt, name: str, item: Item, given: DeclaredValues) -> Any:
        """Return an attribute that the row knows how to make out of AWS's item, or None."""
        template = rule.attributes.get(name)
        if template is None:
            return None
        return self.fill(template, given, item) if isinstance(template, str) else template(self.look, item)

    def items(self, question: Question, given: DeclaredValues, item: Item | None = None) -> list[Item]:
        """Ask a question about a resource, or about an item that may be it."""
        return self.look.items(question, self.fill(question.parameters, given, item or {}))

    def fill(self, template: Any, given: DeclaredValues, item: Item) -> Any:
        """Put values into a template's placeholders; raises UnknownReferenceError."""

        def read(source: str, path: str) -> Any:
            value = {
                "item": lambda: at(item, path),
                "given": lambda: given.at(path),
                "place": lambda: getattr(self.place, path),
            }[source]()
            if value is None:
                raise UnknownReferenceError(f"{source}.{path}")
            return value

        return filled(template, read)


def _agrees(item: Item, wanted: Mapping[str, Any]) -> bool:
    return all(same(at(item, path), value) for path, value in wanted.items())


def _word(item: Item, values: Mapping[str, frozenset[str]]) -> str:
    return next((str(at(item, path)) for path, words in values.items() if at(item, path) in words), "")
