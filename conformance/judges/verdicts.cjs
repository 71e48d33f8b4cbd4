// What the judges written in JavaScript share: requests, counting, the known-false list, random numbers that can be repeated.
'use strict';
const { execSync } = require('child_process');
const fs = require('fs');
const https = require('https');
const path = require('path');

for (const name of ['SCIM_URL', 'SCIM_TOKEN']) {
    if (!process.env[name]) {
        console.error(`the environment has no ${name}; start this through ./dev judge`);
        process.exit(2);
    }
}
const base = process.env.SCIM_URL.replace(/\/$/, '');
const agent = new https.Agent({ keepAlive: true, maxSockets: 4 }); // trust: NODE_EXTRA_CA_CERTS, which `judge` sets

// ask('GET', '/Users', body?) → { status, body }
function ask(method, target, body) {
    return new Promise((resolve, reject) => {
        const text = body === undefined ? undefined : JSON.stringify(body);
        const headers = { Authorization: `Bearer ${process.env.SCIM_TOKEN}` };
        if (text !== undefined) Object.assign(headers, { 'Content-Type': 'application/scim+json', 'Content-Length': Buffer.byteLength(text) });
        const request = https.request(base + target, { method, agent, headers, timeout: 20000 }, (answer) => {
            const parts = [];
            answer.on('data', (part) => parts.push(part));
            answer.on('end', () => {
                const all = Buffer.concat(parts).toString('utf8');
                try {
                    resolve({ status: answer.statusCode, body: all ? JSON.parse(all) : undefined });
                } catch (problem) {
                    reject(new Error(`${method} ${target} answered ${answer.statusCode} with what is no JSON`));
                }
            });
        });
        request.on('timeout', () => request.destroy(new Error(`${method} ${target}: no answer within 20 s`)));
        request.on('error', reject);
        request.end(text);
    });
}

// An oracle knows the RFC, not one client's habits: the server's profile is strict where it can be changed.
function be_strict() {
    if (process.env.SCIM_PROFILE_COMMAND) execSync(`${process.env.SCIM_PROFILE_COMMAND}strict`, { stdio: 'ignore' });
}

// Small, fast, the same everywhere (mulberry32).
function randomness(seed) {
    const next = () => {
        seed = (seed + 0x6d2b79f5) | 0;
        let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    const below = (n) => Math.floor(next() * n);
    return { below, one_of: (list) => list[below(list.length)], chance: (n) => below(n) === 0 };
}

// As in verdicts.py: an entry of the list names one check and begins what is said of it; one that fits nothing is a failure.
class Verdicts {
    constructor(judge) {
        this.entries = JSON.parse(fs.readFileSync(path.join(__dirname, 'known_false', `${judge}.json`), 'utf8'));
        for (const entry of this.entries) {
            if (!entry.reason || !/^RFC /.test(entry.section)) throw new Error(`${judge}.json: every entry gives a reason and a section`);
            entry.used = false;
        }
        this.passed = this.failed = this.known_false = 0;
    }

    passes() {
        this.passed += 1;
    }

    fails(check, what) {
        const entry = this.entries.find((each) => each.check === check && what.startsWith(each.says) && !each.used);
        if (entry) {
            entry.used = true;
            this.known_false += 1;
            console.log(`known false  ${check}: ${entry.says} (${entry.section}: ${entry.reason})`);
            return;
        }
        this.failed += 1;
        console.log(`FAILED       ${check}: ${what}`);
    }

    end(at_least) {
        for (const entry of this.entries.filter((each) => !each.used)) {
            this.failed += 1;
            console.log(`FAILED       the known-false entry fits nothing any more: ${entry.check}: ${entry.says}`);
        }
        const executed = this.passed + this.failed + this.known_false;
        if (executed < at_least) {
            this.failed += 1;
            console.log(`FAILED       only ${executed} checks were executed, ${at_least} are expected`);
        }
        console.log(`${this.passed} passed, ${this.failed} failed`);
        agent.destroy();
        process.exitCode = this.failed ? 1 : 0;
    }
}

// Runs a judge's main function; what keeps it from judging at all is exit code 2.
function run(main) {
    main().catch((problem) => {
        console.error(`could not judge: ${problem.message}`);
        process.exit(2);
    });
}

module.exports = { ask, be_strict, randomness, run, Verdicts };
