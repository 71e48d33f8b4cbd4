"""The judge scim2-tester, run through scim2-cli; its printed results are counted here."""

import os
import re
import subprocess
import sys

from verdicts import Verdicts, endpoint, rounds

AT_LEAST_A_ROUND = 125
RESULT = re.compile(r"^(SUCCESS|COMPLIANT|ACCEPTABLE|DEVIATION|ERROR|CRITICAL|SKIPPED) (\w+)$")


def results(text):
    """(status, check, what was said) of each result: a line with status and check, then lines of text."""
    found = []
    for line in text.splitlines():
        head = RESULT.match(line)
        if head:
            found.append((head[1], head[2], []))
        elif found:
            found[-1][2].append(line.strip())
    return [(status, check, " ".join(said)) for status, check, said in found]


def main():
    url, token = endpoint()
    verdicts = Verdicts("scim2-tester")
    program = os.path.join(os.path.dirname(sys.executable), "scim2")
    environment = dict(os.environ, SCIM_CLI_URL=url, SCIM_CLI_HEADERS=f"Authorization: Bearer {token}")
    for _ in rounds(verdicts):
        run = subprocess.run([program, "test"], env=environment, capture_output=True, text=True)
        found = results(run.stdout)
        if not found or run.returncode not in (0, 1):
            print(f"scim2 test did not run:\n{run.stdout}{run.stderr}")
            sys.exit(2)
        for status, check, said in found:
            if status in ("SUCCESS", "COMPLIANT", "ACCEPTABLE"):
                verdicts.passes()
            elif status == "SKIPPED":
                verdicts.skips(check, said)
            else:
                verdicts.fails(check, said)
    verdicts.end(AT_LEAST_A_ROUND)


main()
