// The oracle scim2-parse-filter for filters. Two questions about each text: is it a filter (the server: 200, or 400 invalidFilter; the
// oracle: does it parse), and, where both say yes, which of the users made here does it describe (the server's list; the oracle's
// own evaluation over the same resources)? Meaning is compared where the oracle agrees with the RFC: it minds the case of text, so
// all text is lower case; `ne` of what is absent is false to it, so `ne` is asked of what everybody has; the parts of a value path may
// hold for different elements, so nobody has two e-mail addresses (phone numbers are several, and asked for without brackets).
'use strict';
const oracle = require('scim2-parse-filter');
const { ask, be_strict, randomness, run, Verdicts } = require('./verdicts.cjs');
const written = require('./filters.json');

const AT_LEAST = 1000;
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const seed = Number(process.env.SEED || 1);
const random = randomness(seed);
const tag = Date.now().toString(36);
const WORDS = ['a', 'ab', 'abc', 'b', 'bc', 'ada', 'guide', 'tour guide', 'x y', '%', '_', 'a_b', '50%', "o'hara", '(', ')', 'and', 'not', 'true', '7'];
const TYPES = ['work', 'home', 'other'];
const TEXTS = ['displayName', 'title', 'nickName', 'name.givenName', 'name.familyName', 'emails.value', 'phoneNumbers.type', 'phoneNumbers.value', 'addresses.locality',
    `${ENTERPRISE}:department`, `${ENTERPRISE}:costCenter`];

function some_user(n) {
    const maybe = (make) => (random.chance(3) ? undefined : make());
    const word = () => random.one_of(WORDS);
    return {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', ENTERPRISE],
        userName: `${tag}-${word().replace(/\W/g, '')}${n}`,
        active: random.chance(2),
        displayName: maybe(word),
        title: maybe(word),
        nickName: maybe(word),
        name: maybe(() => ({ givenName: word(), familyName: word() })),
        emails: maybe(() => [{ type: random.one_of(TYPES), value: `${word()}@x.example`, primary: maybe(() => random.chance(2)) }]),
        phoneNumbers: maybe(() => TYPES.slice(random.below(3)).map((type) => ({ type, value: word() }))),
        addresses: maybe(() => [{ type: 'work', locality: word() }]),
        [ENTERPRISE]: { department: maybe(word), costCenter: word() },
    };
}

// --- random filters, valid by construction ---
const quoted = (text) => JSON.stringify(text);
const any_case = (word) => (random.chance(4) ? word.toUpperCase() : random.chance(4) ? word[0].toUpperCase() + word.slice(1) : word);
const blank = () => ' '; // the grammar has exactly one

function leaf() {
    switch (random.below(12)) {
        case 0: return ['active', any_case(random.one_of(['eq', 'ne'])), random.one_of(['true', 'false'])];
        case 1: return ['userName', any_case(random.one_of(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'])), quoted(`${tag}-${random.one_of(WORDS)}`)];
        case 2: return [random.one_of([...TEXTS, 'emails', 'name', 'externalId']), any_case('pr')];
        case 3: return ['meta.created', any_case(random.one_of(['gt', 'ge', 'lt', 'le'])), quoted(random.one_of(['2020-01-01T00:00:00.000Z', '2099-01-01T00:00:00.000Z']))];
        case 4: return ['emails.primary', 'eq', random.one_of(['true', 'false'])];
        case 5:
        case 6: return [random.chance(3) ? 'EMAILS' : 'emails', '[', ...tree(1, element), ']'];
        default: return [random.chance(4) ? any_case(random.one_of(TEXTS.slice(0, 8))) : random.one_of(TEXTS),
            any_case(random.one_of(['eq', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'])), quoted(random.one_of(random.chance(4) ? TYPES : WORDS))];
    }
}
function element() {
    switch (random.below(4)) {
        case 0: return ['primary', 'eq', 'true'];
        case 1: return ['value', any_case('pr')];
        case 2: return ['type', any_case(random.one_of(['eq', 'ne', 'co', 'sw'])), quoted(random.one_of(TYPES))];
        default: return ['value', any_case(random.one_of(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'le'])), quoted(random.one_of(WORDS))];
    }
}
// Tokens of a tree; a child that binds less than its parent stands in parentheses, any other sometimes does.
function tree(depth, make_leaf) {
    if (depth === 0) return make_leaf();
    const bracket = (tokens) => ['(', ...tokens, ')'];
    switch (random.below(5)) {
        case 0: return [any_case('not'), ...bracket(tree(depth - 1, make_leaf))];
        case 1: return [...bracket(tree(depth - 1, make_leaf)), any_case('and'), ...bracket(tree(depth - 1, make_leaf))];
        case 2: return [...make_leaf(), any_case('or'), ...make_leaf(), any_case('and'), ...tree(depth - 1, make_leaf)];
        case 3: return [...make_leaf(), any_case('and'), ...make_leaf(), any_case('or'), ...tree(depth - 1, make_leaf)];
        default: return make_leaf();
    }
}
// No blank inside brackets, one everywhere else.
function text_of(tokens) {
    let text = '';
    for (const token of tokens) {
        const tight = text === '' || /[([]$/.test(text) || /^[\])[]$/.test(token);
        text += (tight ? '' : blank()) + token;
    }
    return text;
}

// --- and such as are none, or others: one token too few, too many, or out of place ---
// Not among them: a `not` that has lost its parenthesis. The oracle takes it, the RFC does not; filters.json has one.
function damaged(tokens) {
    for (;;) {
        const result = damage(tokens);
        if (!result.some((token, i) => /^not$/i.test(token) && i + 1 < result.length && result[i + 1] !== '(')) return result;
    }
}
function damage(tokens) {
    const at = random.below(tokens.length);
    const copy = tokens.slice();
    switch (random.below(6)) {
        case 0: copy.splice(at, 1); break;
        case 1: copy.splice(at, 0, tokens[at]); break;
        case 2: copy.splice(at, 0, random.one_of(['(', ')', ']', 'and', 'or', 'eq', '"a"'])); break;
        case 3: copy[at] = random.one_of(['=', '==', '&&', '||', '!', "'a'", '{', ',', '"a']); break;
        case 4: return copy.slice(0, at);
        default: if (at + 1 < copy.length) [copy[at], copy[at + 1]] = [copy[at + 1], copy[at]];
    }
    return copy;
}

async function in_parallel(jobs, work) {
    const queue = jobs.slice();
    await Promise.all([1, 2, 3, 4].map(async () => {
        while (queue.length) await work(queue.shift());
    }));
}

async function main() {
    const verdicts = new Verdicts('scim2-parse-filter');
    be_strict();
    console.log(`seed ${seed}`);
    const users = [];
    for (let n = 0; n < 40; n += 1) {
        const made = await ask('POST', '/Users', some_user(n));
        if (made.status !== 201) throw new Error(`a user could not be made: ${JSON.stringify(made)}`);
        users.push(made.body);
    }
    const ours = new Set(users.map((user) => user.id));

    const judge = async ({ text, meaning }) => {
        let parsed;
        try {
            parsed = oracle.parse(text);
        } catch (problem) {
            parsed = undefined;
        }
        const answer = await ask('GET', `/Users?count=200&filter=${encodeURIComponent(text)}`);
        const accepted = answer.status === 200;
        if (!accepted && (answer.status !== 400 || answer.body.scimType !== 'invalidFilter')) {
            verdicts.fails(text, `the server answers ${answer.status} ${JSON.stringify(answer.body)}`);
        } else if (accepted !== (parsed !== undefined)) {
            verdicts.fails(text, `the server ${accepted ? 'accepts' : 'refuses'}, the oracle ${parsed ? 'accepts' : 'refuses'}`);
        } else if (accepted && meaning && answer.body.totalResults <= 200) {
            const expected = users.filter(oracle.filter(parsed)).map((user) => user.id).sort();
            const found = (answer.body.Resources || []).map((user) => user.id).filter((id) => ours.has(id)).sort();
            if (expected.join() === found.join()) verdicts.passes();
            else verdicts.fails(text, `the server finds ${found.length} users, the oracle ${expected.length}`);
        } else {
            verdicts.passes();
        }
    };

    const questions = [];
    for (const [group, texts] of Object.entries(written)) for (const text of texts) questions.push({ text, meaning: group === 'meaning' });
    for (let n = 0; n < 600; n += 1) {
        const tokens = tree(random.below(4), leaf);
        questions.push({ text: text_of(tokens), meaning: true });
        if (n % 2) questions.push({ text: text_of(damaged(tokens)), meaning: false });
    }
    await in_parallel(questions, judge);
    for (const user of users) await ask('DELETE', `/Users/${user.id}`);
    verdicts.end(AT_LEAST);
}

run(main);
