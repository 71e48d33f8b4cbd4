#include "scim/entra/expression.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <random>

using namespace scim::entra;
namespace bj = boost::json;

namespace {

AzureObject anna()
{
    return bj::parse(R"({
        "objectId": "1f3c2a10-9b7d-4c55-8a21-0d9a6a1b7e01", "userPrincipalName": "Anna.Åberg@contoso.com",
        "givenName": "Anna", "surname": "Åberg", "mail": "anna@contoso.com", "telephoneNumber": "+91 9998887777",
        "mobile": "+1 (999) 888-7777", "streetAddress": "545 Tremont Street", "country": "USA", "state": "CA",
        "companyName": "", "mailNickname": "john_doe72", "accountEnabled": true, "employeeId": "<one>",
        "extensionAttribute5": "PermissionSetOne, PermissionSetTwo",
        "proxyAddresses": ["SMTP:anna@contoso.com", "smtp:a@contoso.com", "smtp:a@contoso.com"],
        "appRoleAssignments": [{"id": "06b0", "value": "Admin", "displayName": "Administrator"}, "User"]
    })")
        .as_object();
}

std::string value_of(std::string_view expression, const AzureObject& user = anna())
{
    const auto parsed = Expression::parse(expression);
    if (!parsed) return "refused: " + parsed.error().detail;
    const auto value = parsed->evaluate(user);
    return value ? bj::serialize(*value) : "failed: " + value.error().detail;
}

} // namespace

TEST_CASE("an expression of the portal gives what the directory would send")
{
    struct Row {
        std::string expression;
        std::string value;
    };
    const auto row = GENERATE(values<Row>({
        {"[givenName]", R"("Anna")"},
        {"givenName", R"("Anna")"},
        {"[GIVENNAME]", R"("Anna")"},
        {R"("a \"quoted\" \\ text")", R"("a \"quoted\" \\ text")"},
        {"[department]", "null"},
        {"[extension_0123456789abcdef0123456789abcdef_level]", "null"},
        {R"(Append([givenName], ".test"))", R"("Anna.test")"},
        {R"(Append([department], ".test"))", "null"},
        {"Coalesce([department], [mail])", R"("anna@contoso.com")"},
        {R"(Coalesce([department], ""))", R"("")"},
        {"Coalesce([department])", "null"},
        {R"(Join(" ", [givenName], [surname]))", R"("Anna Åberg")"},
        {R"(Join(", ", "", [surname], [givenName]))", R"("Åberg, Anna")"},
        {R"(Join(" ", [department], [givenName]))", R"("Anna")"},
        {R"(Join(" ", [department]))", "null"},
        {R"(Join("", 1000, [state]))", R"("1000CA")"},
        {R"(Join(";", RemoveDuplicates([proxyAddresses])))", R"("SMTP:anna@contoso.com;smtp:a@contoso.com")"},
        {R"(Switch([state], "none", "NSW", "Sydney", "CA", "Sacramento"))", R"("Sacramento")"},
        {R"(Switch([state], "none", "ca", "Sacramento"))", R"("none")"},
        {R"(Switch([department], "set", "", "unset"))", R"("unset")"},
        {R"(Switch([state], , "NSW", "Sydney"))", "null"},
        {R"(Switch([country],[country],"","Other"))", R"("USA")"},
        {R"(Not([accountEnabled]))", "false"},
        {R"(Not("False"))", "true"},
        {R"(IIF([country]="USA",[givenName],[surname]))", R"("Anna")"},
        {R"(IIF([country] <> "USA",[givenName],[surname]))", R"("Åberg")"},
        {R"(IIF([department]="","none",[department]))", R"("none")"},
        {R"(IIF(Count([proxyAddresses]) >= 3,"many","few"))", R"("many")"},
        {R"(IIF(IsPresent([department]),[department],"none"))", R"("none")"},
        {R"(IIF(10 > 9, "number", "text"))", R"("number")"},
        {R"(CBool([state] = [country]))", "false"},
        {R"(CBool("1"))", "true"},
        {"IsNull([department])", "true"},
        {"IsNull([companyName])", "false"},
        {"IsNullOrEmpty([companyName])", "true"},
        {"IsPresent([givenName])", "true"},
        {"IsString([givenName])", "true"},
        {"IgnoreFlowIfNullOrEmpty([companyName])", "null"},
        {"Item([proxyAddresses], 1)", R"("SMTP:anna@contoso.com")"},
        {"Item([proxyAddresses], 9)", "null"},
        {R"(Left("John Doe", 3))", R"("Joh")"},
        {R"(Left([surname], 1))", R"("Å")"},
        {R"(Left([surname], -1))", R"("Åberg")"},
        {R"(Left([department], 3))", R"("")"},
        {R"(Right([surname], 4))", R"("berg")"},
        {R"(Right([surname], 40))", R"("Åberg")"},
        {"Mid([surname], 2, 3)", R"("ber")"},
        {"Mid([surname], 4, 30)", R"("rg")"},
        {"Mid([surname], 40, 3)", R"("")"},
        {R"(Append(Mid("John", 1, 3), Mid("Doe", "1", "5")))", R"("JohDoe")"},
        {R"(ToLower([userPrincipalName]))", R"("anna.åberg@contoso.com")"},
        {R"(ToUpper([surname], "sv-SE"))", R"("ÅBERG")"},
        {R"(NormalizeDiacritics("Zoë Łuczak-Strauß Ærø İnan ȫ 한글"))", R"("Zoe Luczak-Strauss AEroe Inan o 한글")"},
        {R"(StripSpaces(" a b "))", R"("ab")"},
        {R"(Trim("  a b  "))", R"("a b")"},
        {R"(Trim("   "))", R"("")"},
        {R"(Split([extensionAttribute5], ","))", R"(["PermissionSetOne","PermissionSetTwo"])"},
        {R"(Word("The quick brown fox", 3, " "))", R"("brown")"},
        {R"(Word("This,string!has&many separators", 3, ",!&#"))", R"("has")"},
        {R"(Word("one two", 3, " "))", R"("")"},
        {R"(ConvertToUTF8Hex("Hello world!"))", R"("48656C6C6F20776F726C6421")"},
        {"CStr([accountEnabled])", R"("True")"},
        {"Redact([givenName])", R"("Anna")"},
        {"SingleAppRoleAssignment([appRoleAssignments])", R"("Admin")"},
        {"SingleAppRoleAssignment([department])", "null"},
        {"AssertiveAppRoleAssignmentsComplex([appRoleAssignments])",
         R"([{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"Administrator","value":"Admin"},)"
         R"({"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"User","value":"User"}])"},
        {"Count(AppRoleAssignmentsComplex([appRoleAssignments]))", "2"},
        {"toLower(append([GivenName], \"X\"))", R"("annax")"},
    }));
    INFO(row.expression);
    CHECK(value_of(row.expression) == row.value);
}

TEST_CASE("Replace knows all its documented forms")
{
    struct Row {
        std::string expression;
        std::string value;
    };
    const auto row = GENERATE(values<Row>({
        {R"(Replace([mail], "@contoso.com", , ,"", ,))", R"("anna")"},
        {R"(Replace("a-b-c", "-", , , "+"))", R"("a+b+c")"},
        {R"(Replace("jsmith", "<username>", , , , , "<username>@contoso.com"))", R"("jsmith@contoso.com")"},
        {R"x(Replace([telephoneNumber], , "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", , "${phoneNumber}", , ))x",
         R"("9998887777")"},
        {R"x(Replace([mobile], , "[()\\s-]+", , "", , ))x", R"("+19998887777")"},
        {R"x(Replace([mobile], , "[()\s+-]+", , "", , ))x", R"("19998887777")"},
        {R"x(Replace([streetAddress], ,"(?<streetNumber>^\\d*)","streetNumber", "888", , ))x",
         R"("888 Tremont Street")"},
        {R"x(Replace([mail], , "(?<Suffix>@(.)*)", "Suffix", "", , ))x", R"("anna")"},
        {R"x(Replace([department], , "\\+(?<c>\\d* )(?<n>\\d{10})", "n" , , [telephoneNumber], ))x", R"("9998887777")"},
        {R"x(Replace([givenName], , "(?<n>\\d{10})", "n" , , [telephoneNumber], ))x", R"("Anna")"},
        {R"x(Replace([department], , "(?<n>z+)", "n" , , [telephoneNumber], ))x", "null"},
        {R"x(Replace([mailNickname], , "[a-zA-Z_]*", , "", , ))x", R"("72")"},
        {R"x(Replace("ÅÄ", , "", , "-", , ))x", R"("-Å-Ä-")"},
        {R"x(Replace("ab", , "(a)(b)", , "$2$1 $$ $& $9 ${no}", , ))x", R"("ba $ ab $9 ${no}")"},
        {R"(Replace([department], "a", , , "b"))", "null"},
    }));
    INFO(row.expression);
    CHECK(value_of(row.expression) == row.value);
}

TEST_CASE("S-031: IsSoftDeleted is true for the blocked, the unassigned and the deleted, and turns active to False")
{
    struct Row {
        const char* user;
        bool deleted;
    };
    const auto row = GENERATE(values<Row>({
        {R"({})", false},
        {R"({"accountEnabled": true})", false},
        {R"({"accountEnabled": "True", "deletedDateTime": ""})", false},
        {R"({"accountEnabled": false})", true},
        {R"({"accountEnabled": "False"})", true},
        {R"({"accountEnabled": true, "deletedDateTime": "2026-11-01T08:00:00Z"})", true},
        {R"({"accountEnabled": true, "isAssigned": false})", true},
        {R"({"accountEnabled": true, "isAssigned": true})", false},
        {R"({"IsSoftDeleted": true})", true},
    }));
    INFO(row.user);
    const AzureObject user = bj::parse(row.user).as_object();
    CHECK(is_soft_deleted(user) == row.deleted);
    CHECK(value_of(R"(Switch([IsSoftDeleted], , "False", "True", "True", "False"))", user) ==
          (row.deleted ? R"("False")" : R"("True")"));
    CHECK(value_of("Not([IsSoftDeleted])", user) == (row.deleted ? "false" : "true"));
}

TEST_CASE("a wrong expression is refused with the place and the remedy")
{
    struct Row {
        std::string expression;
        std::string says;
    };
    const auto row = GENERATE(values<Row>({
        {"", "is empty"},
        {"   ", "is empty"},
        {"Joni(\"\", [mail])", "did you mean Join?"},
        {"Wobble([mail])", "known are: Append, "},
        {"Guid()", "Guid cannot be used here: it gives another value at every run"},
        {"FormatDateTime([mail], , \"a\", \"b\")", "dates are not computed here"},
        {"[givenNam]", "did you mean givenName?"},
        {"givenNam", "did you mean givenName?"},
        {"[qqqqqqqqqq]", "no attribute of this name"},
        {"[extension_0123_level]", "no attribute of this name"},
        {"Append([mail], suffix)", "stands alone"},
        {"Append([mail], mail)", "write an attribute as [mail]"},
        {"Append([mail])", "Append is called with 1 argument; it is Append(source, suffix)"},
        {"Append([mail], \"a\", \"b\")", "called with 3 arguments"},
        {"Switch([mail], , \"a\")", "called with 3 arguments"},
        {"Switch([mail], , \"a\", \"b\", \"c\")", "in pairs"},
        {"\"abc", "no closing quote"},
        {"\"abc\\\"", "no closing quote"},
        {"[mail", "no closing bracket"},
        {"Append([mail], \"x\"", "ends where a comma or a closing parenthesis"},
        {"Append([mail] \"x\")", "wrong at character 15: a comma or a closing parenthesis"},
        {"[mail] [mail]", "the end of the expression is expected"},
        {"-", "a whole number"},
        {"99999999999999999999", "a whole number"},
        {"Left([mail], \"x\")", "must be a whole number"},
        {"Mid([mail], 0, 1)", "begins to count with 1"},
        {"Mid([mail], 1, -1)", "must not be negative"},
        {"Item([mail], 0)", "begins with 1"},
        {"ToLower([proxyAddresses])", "choose one with Item"},
        {"ToLower(AppRoleAssignmentsComplex(\"x\"))", "an object stands where"},
        {"Split([mail], \"\")", "needs a delimiter"},
        {"Replace([mail], \"\", , , \"x\")", "nothing to look for"},
        {"Replace([mail], \"a\")", "Replace knows these forms"},
        {"Replace([mail], \"a\", \"b\", , \"c\")", "Replace knows these forms"},
        {"Replace([mail], , [mail], , \"c\")", "must be a text in quotes"},
        {"Replace([mail], , \"(a\", , \"c\")", "the regular expression is wrong at character"},
        {"Replace([mail], , \"(?<a>a)\", \"b\", \"c\")", "has no group of that name"},
        {"Replace(Join(\"\", \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", \"!\"), , \"^(a+)+$\", , \"c\")",
         "takes too many steps"},
        {"\xff", "not valid UTF-8"},
    }));
    INFO(row.expression);
    const std::string said = value_of(row.expression);
    CHECK_THAT(said, Catch::StartsWith("refused: ") || Catch::StartsWith("failed: "));
    CHECK_THAT(said, Catch::Contains(row.says));
}

TEST_CASE("an expression is bounded in length, depth, parts and in the values it makes")
{
    const auto nested = [](std::size_t depth) {
        std::string text;
        for (std::size_t i = 0; i < depth; ++i) text += "Trim(";
        text += "[mail]";
        return text + std::string(depth, ')');
    };
    CHECK(value_of(nested(expression_limits.depth)) == R"("anna@contoso.com")");
    CHECK_THAT(value_of(nested(expression_limits.depth + 1)), Catch::Contains("nested deeper than 32"));
    const std::string quoted = '"' + std::string(expression_limits.bytes - 2, 'x') + '"';
    CHECK(value_of(quoted) == quoted);
    CHECK_THAT(value_of(quoted + " "), Catch::Contains("longer than 8192 bytes"));
    std::string wide = "Coalesce([mail]";
    for (int i = 0; i < 255; ++i) wide += ",1";
    CHECK(value_of(wide + ")") == R"("anna@contoso.com")");
    CHECK_THAT(value_of(wide + ",1)"), Catch::Contains("called with 257 arguments"));
    std::string commas = "Coalesce(" + std::string(600, ',') + ")";
    CHECK_THAT(value_of(commas), Catch::Contains("more than 512 parts"));

    AzureObject user;
    user["mail"] = std::string(expression_limits.text_bytes, 'a');
    CHECK(value_of("IsPresent(Trim([mail]))", user) == "true");
    CHECK_THAT(value_of(R"(Append([mail], "b"))", user), Catch::Contains("grows beyond"));
    CHECK_THAT(value_of(R"(Join("", [mail], "b"))", user), Catch::Contains("grows beyond"));
    CHECK_THAT(value_of(R"(Replace([mail], "a", , , "bb"))", user), Catch::Contains("grows beyond"));
    CHECK_THAT(value_of(R"x(Replace([mail], , "a", , "bb"))x", user), Catch::Contains("too long"));
    CHECK_THAT(value_of(R"x(Replace([mail], , "(?<g>a)", "g", "bb"))x", user), Catch::Contains("too long"));
}

TEST_CASE("an expression names the attributes that it reads, each once")
{
    const auto parsed = Expression::parse(R"(Join(" ", [givenName], [surname], ToUpper([givenname])))");
    REQUIRE(parsed.has_value());
    CHECK(parsed->sources() == std::vector<std::string_view>{"givenName", "surname"});
}

TEST_CASE("every known function is found under its own name and says how it is called")
{
    for (const FunctionInfo& function : known_functions()) {
        INFO(function.name);
        CHECK_FALSE(function.arguments.empty());
        const auto parsed = Expression::parse(fmt::format("{}()", function.name));
        REQUIRE_FALSE(parsed.has_value());
        CHECK_THAT(parsed.error().detail,
                   Catch::StartsWith(fmt::format("{} is called with 0 arguments", function.name)));
    }
}

TEST_CASE("no sequence of pieces makes the reader or the functions fall over")
{
    std::vector<std::string> pieces = {"(",
                                       ")",
                                       ",",
                                       ",",
                                       "\"",
                                       "\\",
                                       "[",
                                       "]",
                                       "[mail]",
                                       "[proxyAddresses]",
                                       "\"a\"",
                                       "\"\"",
                                       "1",
                                       "-7",
                                       "99999999999999999999",
                                       " ",
                                       "=",
                                       "<>",
                                       ">=",
                                       "é",
                                       "\xff",
                                       "[appRoleAssignments]",
                                       "[department]",
                                       "\"(?<g>a*)*$\"",
                                       "\"$1${g}$\"",
                                       "\"g\""};
    for (const FunctionInfo& function : known_functions()) pieces.push_back(fmt::format("{}(", function.name));
    std::mt19937 random{20261122};
    std::uniform_int_distribution<std::size_t> pick{0, pieces.size() - 1};
    std::uniform_int_distribution<int> length{1, 14};
    const AzureObject user = anna();
    std::size_t computed = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (int i = length(random); i > 0; --i) text += pieces[pick(random)];
        text += std::string(static_cast<std::size_t>(std::count(text.begin(), text.end(), '(')), ')');
        const auto parsed = Expression::parse(text);
        if (!parsed) {
            REQUIRE_FALSE(parsed.error().detail.empty());
            continue;
        }
        (void)parsed->evaluate(user);
        ++computed;
    }
    CHECK(computed > 100);
}
