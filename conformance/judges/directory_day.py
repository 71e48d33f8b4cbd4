"""The judge scim2-client: a client that others wrote plays a directory's day against the server.

The models are those of RFC 7643, strict: an answer with an attribute that the RFC does not declare, a missing one that is always
returned, a wrong type, status code or content type raises. Beside that every step states what it expects.
"""

import sys
import uuid

from httpx2 import Client
from scim2_client import SCIMClientException
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import (
    ConflictException,
    EnterpriseUser,
    Group,
    InvalidFilterException,
    ListResponse,
    MutabilityException,
    NoTargetException,
    NotFoundException,
    PatchOp,
    PatchOperation,
    PreconditionFailedException,
    ResourceType,
    ResponseParameters,
    SCIMException,
    ScimProvider,
    SearchRequest,
    User,
)

from verdicts import Verdicts, endpoint, rounds

AT_LEAST_A_ROUND = 175
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
HERD = 23  # users beside Barbara, enough for several pages
TAG = uuid.uuid4().hex[:10]  # this day's people are told from others by their names


class Day:
    def __init__(self, verdicts, scim):
        self.verdicts = verdicts
        self.scim = scim
        self.User = scim.get_resource_model("User")
        self.Group = scim.get_resource_model("Group")
        self.config = scim.provider.config
        self.made = []

    # --- how a step is judged ---

    def step(self, name, work):
        """What `work` returns, or nothing when it failed; an exception of client or models is a finding."""
        try:
            result = work()
        except (SCIMClientException, SCIMException) as problem:
            notes = " ".join(getattr(problem, "__notes__", []))
            self.verdicts.fails(name, f"{type(problem).__name__}: {problem} {notes}".strip())
            return None
        self.verdicts.passes()
        return result

    def refused(self, name, kind, work):
        try:
            work()
        except kind:
            self.verdicts.passes()
        except (SCIMClientException, SCIMException) as problem:
            self.verdicts.fails(name, f"{type(problem).__name__} instead of {kind.__name__}: {problem}")
        else:
            self.verdicts.fails(name, f"accepted; {kind.__name__} was expected")

    def equal(self, name, got, expected):
        self.verdicts.check(name, got == expected, f"{got!r} instead of {expected!r}")

    def holds(self, name, condition, what="does not hold"):
        self.verdicts.check(name, condition, what)

    # --- what a directory does ---

    def user(self, who, **attributes):
        payload = {"schemas": [str(self.User.__schema__)], "userName": f"{who}.{TAG}@example.com", **attributes}
        if ENTERPRISE in attributes:
            payload["schemas"].append(ENTERPRISE)
        return self.User.model_validate(payload)

    def create(self, name, resource):
        made = self.step(name, lambda: self.scim.create(resource))
        if made is not None:
            self.made.append(made)
        return made

    def patch(self, name, resource, *operations):
        body = PatchOp[type(resource)](operations=[PatchOperation[type(resource)](**each) for each in operations])
        # By type and id: the version known here may be old, and a directory does not send If-Match.
        return self.step(name, lambda: self.scim.modify(type(resource), resource.id, body))

    def read(self, name, resource, **parameters):
        query = ResponseParameters(**parameters) if parameters else None
        return self.step(name, lambda: self.scim.query(type(resource), resource.id, query))

    def find(self, name, model, text, **more):
        found = self.step(name, lambda: self.scim.query(model, query_parameters=SearchRequest(filter=text, **more)))
        return found if found is not None else ListResponse[model](total_results=-1, resources=[])

    def play(self):
        self.morning()
        self.changes()
        self.lists()
        self.groups()
        self.optional_parts()
        self.evening()

    def morning(self):
        """A new colleague: looked for, created, read back, refused a second time."""
        name = f"barbara.{TAG}@example.com"
        none = self.find("match before creation", self.User, f'userName eq "{name}"')
        self.equal("nobody is matched before creation", none.total_results, 0)

        wanted = self.user(
            "barbara", externalId=f"ext-{TAG}", displayName="Barbara Jensen", title="Tour Guide", active=True,
            name={"givenName": "Barbara", "familyName": "Jensen"},
            emails=[{"value": f"barbara.{TAG}@example.com", "type": "work", "primary": True},
                    {"value": f"babs.{TAG}@example.org", "type": "home"}],
            phoneNumbers=[{"value": "+1 555 0100", "type": "work"}],
            addresses=[{"type": "work", "streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "country": "US"}],
            **{ENTERPRISE: {"employeeNumber": "701984", "department": "Tours", "costCenter": "4130"}},
        )
        self.barbara = made = self.create("create a user with all the trimmings", wanted)
        self.holds("a new user has an id", bool(made.id))
        self.equal("a new user has its resource type", made.meta.resource_type, "User")
        self.holds("a new user has a location that ends in the id", str(made.meta.location).endswith(f"/Users/{made.id}"))
        self.holds("a new user has a version", bool(made.meta.version))
        self.holds("created and lastModified of a new user are the same instant", made.meta.created == made.meta.last_modified)
        self.equal("the name comes back", made.name.family_name, "Jensen")
        self.equal("both addresses come back", sorted(each.type for each in made.emails), ["home", "work"])
        self.equal("the extension comes back", getattr(made, "EnterpriseUser").department, "Tours")

        again = self.read("read the new user", made)
        self.equal("a read gives what creation gave", again.model_dump(), made.model_dump())
        matched = self.find("match by userName, in other letters", self.User, f'userName eq "{name.upper()}"')
        self.equal("the user is matched without regard to case", [each.id for each in matched.resources], [made.id])
        matched = self.find("match by externalId", self.User, f'externalId eq "ext-{TAG}"')
        self.equal("the external id matches", [each.id for each in matched.resources], [made.id])
        matched = self.find("match by externalId in other letters", self.User, f'externalId eq "EXT-{TAG}"')
        self.equal("the external id is compared with its case", matched.total_results, 0)
        self.refused("the same userName again is refused", ConflictException, lambda: self.scim.create(self.user("barbara")))
        self.refused("the same userName in capitals is refused", ConflictException, lambda: self.scim.create(self.user("BARBARA")))
        self.refused("an unknown user is 404", NotFoundException, lambda: self.scim.query(self.User, str(uuid.uuid4())))

        only = self.read("read with attributes", made, attributes=["userName"])
        self.equal("attributes leaves the rest out", (only.user_name, only.display_name, only.id), (made.user_name, None, made.id))
        rest = self.read("read with excludedAttributes", made, excluded_attributes=["emails"])
        self.equal("excludedAttributes leaves only that out", (rest.emails, rest.display_name), (None, "Barbara Jensen"))

    def changes(self):
        """Married, moved, promoted, sent away and called back; replaced as a whole."""
        her = self.barbara
        self.patch("replace a name", her, {"op": "replace", "path": "name.familyName", "value": "Keller"})
        self.patch("replace an element's value", her,
                   {"op": "replace", "path": 'emails[type eq "work"].value', "value": f"keller.{TAG}@example.com"})
        self.patch("add a number", her, {"op": "add", "path": "phoneNumbers", "value": [{"value": "+1 555 0101", "type": "mobile"}]})
        self.patch("several operations at once", her,
                   {"op": "replace", "path": f"{ENTERPRISE}:department", "value": "Sales"},
                   {"op": "remove", "path": "title"},
                   {"op": "add", "path": "nickName", "value": "Babs"},
                   {"op": "remove", "path": 'emails[type eq "home"]'})
        now = self.read("read after the changes", her)
        self.equal("the new family name", (now.name.given_name, now.name.family_name), ("Barbara", "Keller"))
        self.equal("the work address alone is left, changed", [(each.type, each.value, each.primary) for each in now.emails],
                   [("work", f"keller.{TAG}@example.com", True)])
        self.equal("two numbers", [each.type for each in now.phone_numbers], ["work", "mobile"])
        self.equal("the department", (now.EnterpriseUser.department, now.EnterpriseUser.cost_center), ("Sales", "4130"))
        self.equal("title gone, nickname there", (now.title, now.nick_name), (None, "Babs"))
        self.holds("lastModified moved on, created did not",
                   now.meta.last_modified > her.meta.last_modified and now.meta.created == her.meta.created)
        self.holds("the version moved on", now.meta.version != her.meta.version)

        self.refused("a change of a value that is not there is noTarget", NoTargetException, lambda: self.scim.modify(
            self.User, her.id, PatchOp[self.User](operations=[
                PatchOperation[self.User](op="replace", path='addresses[type eq "other"]', value={"locality": "Paris"})])))
        self.refused("id cannot be changed", MutabilityException, lambda: self.scim.modify(
            self.User, her.id, {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                                "Operations": [{"op": "replace", "path": "id", "value": "other"}]}, check_request_payload=False,
            url=f"/Users/{her.id}"))
        same = self.read("read after the refusals", her)
        self.equal("refused changes left no trace", same.model_dump(), now.model_dump())

        if self.config.etag.supported:
            unchanged = self.step("a conditional read of what one has", lambda: self.scim.query(now))
            self.holds("what one has is not sent again", unchanged is now)
            stale = now.model_copy(deep=True)
            self.patch("a change by somebody else", now, {"op": "replace", "path": "title", "value": "Lead"})
            stale.title = "Clerk"
            self.refused("a replacement of an old version is refused", PreconditionFailedException, lambda: self.scim.replace(stale))

        for active in (False, True, False):
            self.patch(f"active becomes {active}", her, {"op": "replace", "path": "active", "value": active})
            seen = self.read("read after that", her)
            self.equal(f"active is {active}", seen.active, active)
            self.equal("nothing else went with it", (seen.user_name, seen.nick_name), (her.user_name, "Babs"))

        whole = self.read("read before the replacement", her)
        whole.active = True
        whole.display_name = "Barbara Keller"
        whole.nick_name = None
        replaced = self.step("replace the user", lambda: self.scim.replace(whole))
        self.equal("the replacement holds", (replaced.display_name, replaced.nick_name, replaced.active), ("Barbara Keller", None, True))
        self.equal("id and created survive a replacement", (replaced.id, replaced.meta.created), (her.id, her.meta.created))

    def lists(self):
        """The nightly walk: pages, filters, and every person seen once."""
        herd = [self.create(f"create person {n}", self.user(
            f"herd{n:02}", title="odd" if n % 2 else "even", active=n % 3 != 0,
            emails=[{"value": f"herd{n:02}.{TAG}@example.net", "type": "home" if n % 5 == 0 else "work"}])) for n in range(HERD)]
        self.herd = herd
        everyone = {each.id for each in herd}
        mine = f'userName co "{TAG}" and userName sw "herd"'

        seen, start = [], 1
        while start <= HERD:
            page = self.find(f"page from {start}", self.User, mine, start_index=start, count=7)
            self.equal(f"page from {start} tells the total", page.total_results, HERD)
            self.equal(f"page from {start} says where it begins", page.start_index, start)
            self.equal(f"page from {start} is as long as asked", page.items_per_page, min(7, HERD - start + 1))
            seen += [each.id for each in page.resources]
            start += 7
        self.equal("the pages hold everybody once", (len(seen), set(seen)), (HERD, everyone))
        beyond = self.find("a page beyond the end", self.User, mine, start_index=HERD + 1, count=7)
        self.equal("beyond the end is nobody, and the total", (len(beyond.resources or []), beyond.total_results), (0, HERD))
        total = self.find("only the total", self.User, mine, count=0)
        self.equal("count=0 gives the total alone", (len(total.resources or []), total.total_results), (0, HERD))

        def numbers(text, **more):
            found = self.find(f"filter {text}", self.User, f"{mine} and ({text})", count=100, **more)
            return sorted(int(each.user_name[4:6]) for each in found.resources or [])

        for text, expected in [
            ('title eq "odd"', lambda n: n % 2 == 1),
            ('title ne "odd"', lambda n: n % 2 == 0),
            ("active eq false", lambda n: n % 3 == 0),
            ('emails[type eq "home" and value ew "example.net"]', lambda n: n % 5 == 0),
            ('emails.type eq "home" or title eq "odd"', lambda n: n % 5 == 0 or n % 2 == 1),
            ('not (emails.type eq "home") and active eq true', lambda n: n % 5 != 0 and n % 3 != 0),
            ('userName lt "herd05"', lambda n: n < 5),
            ('userName ge "herd05" and userName lt "herd08"', lambda n: 5 <= n < 8),
            ("nickName pr", lambda n: False),
            ('meta.created ge "2020-01-01T00:00:00Z"', lambda n: True),
        ]:
            self.equal(f"who is found by {text}", numbers(text), [n for n in range(HERD) if expected(n)])
        self.refused("half a filter is invalidFilter", InvalidFilterException,
                     lambda: self.scim.query(self.User, query_parameters={"filter": "userName eq"}, check_request_payload=False,
                                             url="/Users"))

    def groups(self):
        """A team: made, filled, found, thinned out, renamed."""
        team = self.create("create a group", self.Group.model_validate({
            "schemas": [str(self.Group.__schema__)], "displayName": f"Team {TAG}", "members": [{"value": self.barbara.id}]}))
        self.equal("the founder is in", [each.value for each in team.members], [self.barbara.id])
        self.equal("the founder is a User", [each.type for each in team.members], ["User"])
        newcomers = [each.id for each in self.herd[:10]]
        self.patch("add ten members", team, {"op": "add", "path": "members", "value": [{"value": each} for each in newcomers]})
        full = self.read("read the team", team)
        self.equal("eleven are in", {each.value for each in full.members}, {self.barbara.id, *newcomers})
        self.patch("add one who is in", team, {"op": "add", "path": "members", "value": [{"value": newcomers[0]}]})
        self.equal("still eleven", len(self.read("read the team again", team).members), 11)
        self.patch("remove one", team, {"op": "remove", "path": f'members[value eq "{newcomers[3]}"]'})
        self.patch("rename the team", team, {"op": "replace", "path": "displayName", "value": f"Crew {TAG}"})
        crew = self.read("read the crew", team)
        self.equal("ten are left", {each.value for each in crew.members}, {self.barbara.id, *newcomers} - {newcomers[3]})
        self.equal("the crew's name", crew.display_name, f"Crew {TAG}")
        found = self.find("find the crew", self.Group, f'displayName eq "crew {TAG}"', excluded_attributes=["members"])
        self.equal("the crew is found, without members", [(each.id, each.members) for each in found.resources], [(team.id, None)])
        members = self.find("find by member", self.Group, f'members.value eq "{newcomers[0]}"')
        self.equal("the crew is found by its member", [each.id for each in members.resources], [team.id])
        self.step("delete a member", lambda: self.scim.delete(self.User, newcomers[0]))
        self.made = [each for each in self.made if each.id != newcomers[0]]
        left = self.read("read the crew after a member's deletion", team)
        self.holds("who is deleted is no member", newcomers[0] not in {each.value for each in left.members})
        self.refused("a group without a name is refused", SCIMException, lambda: self.scim.create(
            {"schemas": [str(self.Group.__schema__)]}, check_request_payload=False, url="/Groups"))
        crew.members = crew.members[:2]
        fewer = self.step("replace the crew", lambda: self.scim.replace(self.Group.model_validate(
            {"schemas": [str(self.Group.__schema__)], "id": crew.id, "displayName": crew.display_name,
             "members": [{"value": self.barbara.id}, {"value": newcomers[1]}]})))
        self.equal("the replacement's members", {each.value for each in fewer.members}, {self.barbara.id, newcomers[1]})

    def optional_parts(self):
        """What the server advertises beyond the necessary is played too; what it disclaims is skipped."""
        mine = f'userName co "{TAG}" and userName sw "herd"'
        if self.config.sort.supported:
            for order, backwards in (("ascending", False), ("descending", True)):
                found = self.find(f"sort {order}", self.User, mine, sort_by="userName", sort_order=order, count=100)
                names = [each.user_name for each in found.resources]
                self.equal(f"the order is {order}", names, sorted(names, reverse=backwards))
        else:
            self.verdicts.skips("sorting", "not advertised")

        pagination = self.config.pagination
        if pagination is not None and pagination.cursor:
            seen, cursor, pages = [], "", 0
            while cursor is not None and pages < HERD:
                page = self.find(f"cursor page {pages}", self.User, mine, cursor=cursor, count=5)
                seen += [each.user_name for each in page.resources or []]
                cursor, pages = page.next_cursor, pages + 1
            self.equal("a walk by cursor sees everybody once", (len(seen), len(set(seen))), (HERD - 1, HERD - 1))
        else:
            self.verdicts.skips("cursors", "not advertised")

        try:
            found = self.scim.search(self.User, SearchRequest(filter=mine, count=3))
        except (SCIMClientException, SCIMException) as problem:
            if getattr(getattr(problem, "source", None), "status_code", None) in (404, 405, 501):
                self.verdicts.skips(".search", "not supported")
            else:
                self.verdicts.fails(".search", f"{type(problem).__name__}: {problem}")
        else:
            self.equal(".search answers like a list", (found.total_results, len(found.resources)), (HERD - 1, 3))

        if self.config.bulk.supported:
            self.bulk()
        else:
            self.verdicts.skips("bulk", "not advertised")

    def bulk(self):
        request = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {
                    "schemas": [str(self.Group.__schema__)], "displayName": f"Bulk {TAG}", "members": [{"value": "bulkId:u"}]}},
                {"method": "POST", "path": "/Users", "bulkId": "u", "data": self.user("bulk").model_dump()},
                {"method": "DELETE", "path": f"/Users/{uuid.uuid4()}"},
            ],
        }
        answer = self.step("a bulk request", lambda: self.scim.bulk(request))
        if answer is None:
            return
        self.equal("each operation has its status", [str(each.status) for each in answer.operations], ["201", "201", "404"])
        group_id, user_id = [str(each.location).rsplit("/", 1)[1] for each in answer.operations[:2]]
        group = self.step("read the group of the bulk", lambda: self.scim.query(self.Group, group_id))
        self.equal("the bulkId became an id", [each.value for each in group.members], [user_id])
        self.made += [group, self.step("read the user of the bulk", lambda: self.scim.query(self.User, user_id))]

    def evening(self):
        """Everybody made today leaves."""
        for each in reversed(self.made):
            self.step(f"delete {type(each).__name__}", lambda: self.scim.delete(type(each), each.id))
        self.refused("who is deleted is 404", NotFoundException, lambda: self.scim.query(self.User, self.barbara.id))
        self.refused("a second deletion is 404", NotFoundException, lambda: self.scim.delete(self.User, self.barbara.id))
        left = self.find("who is left of today", self.User, f'userName co "{TAG}"')
        self.equal("nobody is left", left.total_results, 0)


def main():
    url, token = endpoint()
    verdicts = Verdicts("scim2-client")
    for _ in rounds(verdicts):
        with Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as connection:
            scim = SyncSCIMClient(connection)
            try:
                scim.discover()  # reads the three discovery documents, each against its model
            except (SCIMClientException, SCIMException) as problem:
                print(f"could not judge: discovery: {problem} {' '.join(getattr(problem, '__notes__', []))}")
                sys.exit(2)
            people = User[EnterpriseUser]
            scim.provider = ScimProvider([User, EnterpriseUser, Group], [ResourceType.from_resource(each) for each in (people, Group)],
                                         scim.provider.config)
            day = Day(verdicts, scim)
            try:
                day.play()
            except Exception as problem:  # a step that could not be judged: the day is over, and that is a failure
                verdicts.fails("the day came to its end", f"{type(problem).__name__}: {problem}")
                for each in reversed(day.made):
                    scim.delete(type(each), each.id, expected_status_codes=None, raise_scim_errors=False)
    verdicts.end(AT_LEAST_A_ROUND)


main()
