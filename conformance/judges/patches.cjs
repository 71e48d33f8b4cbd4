// The oracle scim-patch for PATCH: the same operations are sent to the server and applied by the oracle to what the server last showed;
// afterwards both must hold the same resource, and what one refuses the other must refuse, without a trace. Random sequences stay where the
// oracle agrees with the RFC: lists are given as lists, a replaced element is given whole, nothing is primary, and what is removed by a
// filter is there. Where it does not agree is written out, one case each, in `apart` below and in the known-false list.
'use strict';
const { isDeepStrictEqual } = require('util');
const oracle = require('scim-patch');
const { ask, be_strict, randomness, run, Verdicts } = require('./verdicts.cjs');

const AT_LEAST = 600;
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const PATCH = oracle.PATCH_OPERATION_SCHEMA;
const seed = Number(process.env.SEED || 1);
const random = randomness(seed);
const tag = Date.now().toString(36);
const TYPES = ['work', 'home', 'other'];
const WORDS = ['a', 'b', 'c', 'Tour Guide', 'x.y', '(', 'true', '7', "o'hara", 'stra\u00dfe', '\u{1F600}'];
const PLAIN = ['displayName', 'title', 'nickName', 'profileUrl', 'name.givenName', 'name.familyName', `${ENTERPRISE}:department`,
    `${ENTERPRISE}:costCenter`];

let serial = 0;
const word = () => random.one_of(WORDS);
const element = (type = random.one_of(TYPES)) => ({ type, value: `${word()}-${random.below(4)}` });
const elements = () => TYPES.slice(0, 1 + random.below(3)).map((type) => element(type));

// What both can be compared by: nothing that the server makes, nothing empty, names in one order, members without what they are shown with.
function bare(resource) {
    const tidy = (value) => {
        if (Array.isArray(value)) {
            const kept = value.map(tidy).filter((each) => each !== undefined);
            return kept.length ? kept : undefined;
        }
        if (value === null || typeof value !== 'object') return value === null || value === '' ? undefined : value;
        const names = Object.keys(value).sort().filter((name) => tidy(value[name]) !== undefined);
        return names.length ? Object.fromEntries(names.map((name) => [name, tidy(value[name])])) : undefined;
    };
    const { id, meta, schemas, members, ...rest } = resource;
    const who = members && members.map((member) => member.value).sort();
    return tidy({ ...rest, members: who });
}
function difference(ours, theirs) {
    const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].sort().filter((name) => !isDeepStrictEqual(ours[name], theirs[name]));
    return names.map((name) => `${name}: server ${JSON.stringify(ours[name])}, oracle ${JSON.stringify(theirs[name])}`).join('; ');
}
// As the oracle is given it: members are what a client would send.
function for_oracle(resource) {
    const copy = JSON.parse(JSON.stringify(resource));
    if (copy.members) copy.members = copy.members.map(({ value }) => ({ value }));
    return copy;
}

function user_operation(now) {
    const lists = ['emails', 'phoneNumbers'].filter((name) => now[name] && now[name].length);
    const list = random.one_of(['emails', 'phoneNumbers']);
    const add_or_replace = random.one_of(['add', 'replace']);
    const present = lists.length && random.one_of(lists);
    const type_in = (name) => random.one_of(now[name]).type;
    switch (random.below(10)) {
        case 0:
        case 1: return { op: add_or_replace, path: random.one_of(PLAIN), value: word() };
        case 2: return { op: 'remove', path: random.one_of(PLAIN) };
        case 3: return { op: add_or_replace, value: { [random.one_of(PLAIN.slice(0, 4))]: word(), active: random.chance(2) } };
        case 4: return { op: 'replace', path: list, value: elements() };
        case 5: return { op: 'add', path: list, value: elements() };
        case 6: return { op: 'remove', path: !present || random.chance(3) ? list : `${present}[type eq "${type_in(present)}" or value co "-1"]` };
        case 7: return { op: 'replace', path: `${list}[type eq "${random.one_of(TYPES)}"]`, value: element() };
        case 8: return { op: 'replace', path: `${list}[type eq "${random.one_of(TYPES)}"].value`, value: word() };
        default:
            if (!lists.length) return { op: 'add', path: 'active', value: random.chance(2) };
            return random.chance(2) ? { op: 'replace', path: `${lists[0]}.value`, value: word() }
                : { op: 'remove', path: `${present}[type eq "${type_in(present)}"].value` };
    }
}

const member = () => ({ value: random.one_of(people) });
let people = [];
function group_operation(now) {
    const several = () => [...new Set([member().value, member().value, member().value])].map((value) => ({ value }));
    if (!now.members) return { op: 'add', path: 'members', value: several() };
    switch (random.below(6)) {
        case 0: return { op: 'add', path: 'members', value: several() };
        case 1: return { op: 'replace', path: 'members', value: several() };
        case 2: return { op: 'remove', path: `members[value eq "${member().value}"]` };
        case 3: return { op: 'replace', path: 'displayName', value: `${tag} ${word()}` };
        case 4: return { op: 'remove', path: `members[value eq "${member().value}" or value eq "${member().value}"]` };
        default: return random.chance(3) ? { op: 'remove', path: 'members' } : { op: 'add', path: 'members', value: [member()] };
    }
}

// Where the oracle is known to part from the RFC; known_false/scim-patch.json says why, by the name of the case.
const two = [{ type: 'work', value: 'w', primary: true }, { type: 'home', value: 'h' }];
const apart = {
    'a new primary takes it from the old one': [{ op: 'add', path: 'emails', value: [{ type: 'other', value: 'o', primary: true }] }],
    'an element named by a filter is replaced whole': [{ op: 'replace', path: 'emails[type eq "home"]', value: { value: 'new' } }],
    'equal elements are not appended twice, path or no path': [{ op: 'add', value: { emails: [{ type: 'home', value: 'h' }] } }],
    'adding to an element that is not there has no target': [{ op: 'add', path: 'emails[type eq "other"].value', value: 'x' }],
    'what is compared without case is found without case': [{ op: 'remove', path: 'emails[type eq "HOME"]' }],
    'names of attributes have no case': [{ op: 'replace', path: 'DISPLAYNAME', value: 'New' }],
    'the user name is required': [{ op: 'remove', path: 'userName' }],
    'the id is read-only': [{ op: 'replace', path: 'id', value: 'mine' }],
    'an attribute that no schema declares': [{ op: 'add', path: 'shoeSize', value: '45' }],
    'a boolean is a boolean': [{ op: 'replace', path: 'active', value: 'perhaps' }],
    'a complex attribute is added to': [{ op: 'add', value: { name: { middleName: 'M' } } }],
    'an extension without a path': [{ op: 'add', value: { [ENTERPRISE]: { division: 'D' } } }],
    'an operation in capitals': [{ op: 'Replace', path: 'title', value: 'A' }],
    'replace needs a value': [{ op: 'replace', path: 'title' }],
    'removing an element from a list that is not there': [{ op: 'remove', path: 'ims[type eq "other"]' }],
    'removing a part of an element that is not there': [{ op: 'remove', path: 'emails[type eq "other"].value' }],
    'one value added to a list that is not there': [{ op: 'add', path: 'ims', value: { value: 'x' } }],
};
// And what is plain to both, written by hand.
const alike = {
    'several operations are applied in order': [{ op: 'add', path: 'title', value: 'a' }, { op: 'replace', path: 'title', value: 'b' }],
    'all or nothing': [{ op: 'replace', path: 'title', value: 'lost' }, { op: 'replace', path: 'emails[type eq "other"]', value: { type: 'other', value: 'x' } }],
    'no such operation': [{ op: 'increase', path: 'title', value: 'x' }],
    'a remove needs a path': [{ op: 'remove' }],
    'add needs a value': [{ op: 'add', path: 'title' }],
    'a path in brackets that do not close': [{ op: 'replace', path: 'emails[type eq "work".value', value: 'x' }],
    'the primary is chosen by its filter': [{ op: 'replace', path: 'emails[primary eq true].value', value: 'chosen' }],
    'a filter of two conditions': [{ op: 'remove', path: 'emails[type eq "home" and value eq "h"]' }],
    'a filter of alternatives': [{ op: 'remove', path: 'emails[type eq "home" or type eq "work"]' }],
    'a filter with not': [{ op: 'remove', path: 'emails[not (type eq "work")]' }],
    'an extension of the enterprise': [{ op: 'add', path: `${ENTERPRISE}:organization`, value: 'Org' }],
    'the core schema may be named': [{ op: 'replace', path: 'urn:ietf:params:scim:schemas:core:2.0:User:title', value: 'T' }],
    'a sub-attribute goes, the others stay': [{ op: 'remove', path: 'name.givenName' }],
    'a complex attribute goes': [{ op: 'remove', path: 'name' }],
    'removing nothing': [{ op: 'remove', path: 'nickName' }],
    'removing an element that is not there': [{ op: 'remove', path: 'emails[type eq "other"]' }],
};

async function make(place, body) {
    const made = await ask('POST', place, body);
    if (made.status !== 201) throw new Error(`${place}: not made: ${JSON.stringify(made)}`);
    return made.body;
}
const make_user = (more = {}) => make('/Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: `${tag}-${(serial += 1)}`, ...more });

// Sends, applies, compares; what the server holds afterwards.
async function judge(verdicts, name, place, now, operations) {
    let expected;
    let objection;
    try {
        operations.forEach((each) => { if (!each.op) throw new Error('no op'); });
        oracle.patchBodyValidation({ schemas: [PATCH], Operations: operations });
        expected = oracle.scimPatch(for_oracle(now), JSON.parse(JSON.stringify(operations)), { mutateDocument: false, treatMissingAsAdd: false });
    } catch (problem) {
        objection = problem.message;
    }
    const answer = await ask('PATCH', `${place}/${now.id}`, { schemas: [PATCH], Operations: operations });
    const after = (await ask('GET', `${place}/${now.id}`)).body;
    const told = `${JSON.stringify(operations)} on ${JSON.stringify(bare(now))}`;
    if (answer.status >= 500) verdicts.fails(name, `the server answers ${answer.status} to ${told}`);
    else if (answer.status >= 300 && !isDeepStrictEqual(now, after)) verdicts.fails(name, `refused, and yet something changed: ${told}`);
    else if (answer.status >= 300 && expected) verdicts.fails(name, `the server refuses (${answer.body.scimType}), the oracle accepts ${told}`);
    else if (answer.status < 300 && !expected) verdicts.fails(name, `the server accepts, the oracle refuses (${objection}) ${told}`);
    else if (expected && !isDeepStrictEqual(bare(after), bare(expected))) verdicts.fails(name, `${difference(bare(after), bare(expected))} after ${told}`);
    else verdicts.passes();
    return after;
}

async function main() {
    const verdicts = new Verdicts('scim-patch');
    be_strict();
    console.log(`seed ${seed}`);
    const whole = { displayName: 'D', title: 'T', name: { givenName: 'G', familyName: 'F' }, emails: two, [ENTERPRISE]: { department: 'X' } };
    for (const [name, operations] of Object.entries({ ...apart, ...alike })) {
        const user = await make_user(whole);
        await judge(verdicts, name, '/Users', user, operations);
        await ask('DELETE', `/Users/${user.id}`);
    }
    for (let n = 0; n < 60; n += 1) {
        let user = await make_user(random.chance(2) ? { emails: elements(), displayName: word() } : {});
        for (let step = 0; step < 8; step += 1) {
            const operations = [user_operation(user)];
            if (random.chance(2)) operations.push({ op: 'replace', path: random.one_of(PLAIN), value: word() });
            user = await judge(verdicts, `sequence ${n}, step ${step}`, '/Users', user, operations);
        }
        await ask('DELETE', `/Users/${user.id}`);
    }
    people = (await Promise.all([1, 2, 3, 4, 5, 6].map(() => make_user()))).map((user) => user.id);
    for (let n = 0; n < 15; n += 1) {
        let group = await make('/Groups', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: `${tag} ${n}`, members: [member()] });
        for (let step = 0; step < 8; step += 1)
            group = await judge(verdicts, `group ${n}, step ${step}`, '/Groups', group, [group_operation(group), { op: 'replace', path: 'displayName', value: `${tag} ${n} ${step}` }]);
        await ask('DELETE', `/Groups/${group.id}`);
    }
    for (const id of people) await ask('DELETE', `/Users/${id}`);
    verdicts.end(AT_LEAST);
}

run(main);
