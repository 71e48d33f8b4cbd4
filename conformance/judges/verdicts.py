"""What the judges written in Python share: counting, the known-false list, the last line."""

import json
import os
import pathlib
import subprocess
import sys


class Verdicts:
    """Counts what a judge found. A failure is passed over only when one entry of the judge's known-false list names that very check
    and begins what was said of it; an entry that fits nothing is itself a failure, and so is a run that executed too little."""

    def __init__(self, judge):
        path = pathlib.Path(__file__).parent / "known_false" / f"{judge}.json"
        self.all_entries = json.loads(path.read_text())
        for entry in self.all_entries:
            if not (entry["reason"] and entry["section"].startswith("RFC ")):
                sys.exit(f"{path.name}: every entry gives a reason and a section")
        self.passed = 0
        self.failed = 0
        self.skipped = 0
        self.known_false = 0
        self.rounds = 0
        self.entries = []

    def begin_round(self, profile):
        """Each round must meet every entry again that speaks of its profile (or of none)."""
        self.close_round()
        self.rounds += 1
        self.entries = [dict(entry, used=0) for entry in self.all_entries if entry.get("profile", profile) == profile]

    def passes(self):
        self.passed += 1

    def skips(self, check, what):
        self.skipped += 1
        print(f"SKIPPED      {check}: {what}")

    def fails(self, check, what):
        for entry in self.entries:
            if entry["check"] == check and what.startswith(entry["says"]) and not entry["used"]:
                entry["used"] += 1
                self.known_false += 1
                print(f"known false  {check}: {entry['says']} ({entry['section']}: {entry['reason']})")
                return
        self.failed += 1
        print(f"FAILED       {check}: {what}")

    def check(self, name, holds, what="does not hold"):
        if holds:
            self.passes()
        else:
            self.fails(name, what)
        return holds

    def close_round(self):
        for entry in self.entries:
            if not entry["used"]:
                self.failed += 1
                print(f"FAILED       the known-false entry fits nothing any more: {entry['check']}: {entry['says']}")

    def end(self, at_least):
        """`at_least` checks a round are expected. Prints the last line and ends the program: 0 all passed, 1 some failed."""
        self.close_round()
        executed = self.passed + self.failed + self.known_false
        if executed < at_least * self.rounds:
            self.failed += 1
            print(f"FAILED       only {executed} checks were executed, {at_least * self.rounds} are expected")
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        sys.exit(1 if self.failed else 0)


def rounds(verdicts):
    """Once per profile of the server where SCIM_PROFILE_COMMAND can change it (`./dev judge` sets it); else once, in the default."""
    command = os.environ.get("SCIM_PROFILE_COMMAND")
    for profile in ("entra", "strict") if command else ("entra",):
        if command:
            subprocess.run(f"{command}{profile}", shell=True, check=True, stdout=subprocess.DEVNULL)
            print(f"--- profile: {profile}")
        verdicts.begin_round(profile)
        yield


def endpoint():
    """URL and token of the server in question. Its CA is trusted through SSL_CERT_FILE, which `judge` sets."""
    try:
        return os.environ["SCIM_URL"], os.environ["SCIM_TOKEN"]
    except KeyError as missing:
        sys.exit(f"the environment has no {missing.args[0]}; start this through ./dev judge")
