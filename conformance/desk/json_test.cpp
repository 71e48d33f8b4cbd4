// JSON as the wire brings it: a corpus of texts that every reader must take, that none may take, and that are left to
// the reader (RFC 8259), made here from lists and contexts, each sent to the running server.
#include "conformance/desk/desk.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <set>

using namespace desk;
using namespace std::string_literals; // texts with NUL in them

namespace {

struct Text {
    std::string name;
    std::string json;
    bool is_string = false; // one string, alone
};
using Corpus = std::vector<Text>;

std::string repeated(std::string_view unit, std::size_t times)
{
    std::string out;
    out.reserve(unit.size() * times);
    for (std::size_t i = 0; i < times; ++i) out += unit;
    return out;
}

std::string in_quotes(std::string_view inside) { return '"' + std::string{inside} + '"'; }

// What a value may stand in. Nothing in these makes a wrong token right or a right one wrong.
struct Context {
    std::string_view name, before, after;
};
constexpr Context contexts[] = {
    {"alone", "", ""}, {"in an array", "[0,", ",0]"}, {"as a member", R"({"a":)", R"(,"b":0})"}};

void add_in_contexts(Corpus& corpus, const std::string& name, const std::string& token, bool is_string = false)
{
    for (const auto& context : contexts)
        corpus.push_back({name + ", " + std::string{context.name},
                          std::string{context.before} + token + std::string{context.after},
                          is_string && context.before.empty()});
}

// A string in all contexts of a value, and as the name of a member.
void add_string(Corpus& corpus, const std::string& name, const std::string& token, bool is_good)
{
    add_in_contexts(corpus, name, token, is_good);
    corpus.push_back({name + ", as a name", "{" + token + ":0}"});
}

std::string byte_name(unsigned char byte)
{
    constexpr char digits[] = "0123456789abcdef";
    return {digits[byte >> 4], digits[byte & 15]};
}

std::string bytes_name(std::string_view bytes)
{
    std::string out;
    for (const char c : bytes) (out += out.empty() ? "" : " ") += byte_name(static_cast<unsigned char>(c));
    return out;
}

// --- must be taken ----------------------------------------------------------------------------------------------

Corpus right()
{
    Corpus out;
    for (const auto* sign : {"", "-"})
        for (const auto* whole : {"0", "7", "10", "9007199254740993"})
            for (const auto* rest : {"", ".0", ".25", ".007", "e0", "E5", "e+2", "E-2", ".5e1", ".05E+1", ".5e-10"})
                out.push_back({"number", sign + std::string{whole} + rest});
    for (const auto* number : {"5", "-0E0", "1.5e3", "9223372036854775807", "-9223372036854775808", "0e+1", "0.1e00"})
        add_in_contexts(out, "number "s + number, number);
    out.push_back({"a number close to zero", "0." + std::string(80, '0') + "1"});
    out.push_back({"a decimal of many digits", "0." + repeated("123456789", 11)});
    for (const auto* literal : {"true", "false", "null"}) add_in_contexts(out, literal, literal);

    for (const char escaped : {'"', '\\', '/', 'b', 'f', 'n', 'r', 't'})
        add_string(out, "escape "s + escaped, in_quotes("a\\"s + escaped + "z"), true);
    for (const auto* escape : {"\\u0001",
                               "\\u0012",
                               "\\u001f",
                               "\\u0020",
                               "\\u0022",
                               "\\u005c",
                               "\\u005C",
                               "\\u0061",
                               "\\u007f",
                               "\\u0080",
                               "\\u00e9",
                               "\\u00E9",
                               "\\u07ff",
                               "\\u0800",
                               "\\u2028",
                               "\\u2029",
                               "\\ud7ff",
                               "\\ue000",
                               "\\ufeff",
                               "\\ufffd",
                               "\\ud800\\udc00",
                               "\\uD801\\uDC37",
                               "\\ud83d\\ude39\\ud83d\\udc8d",
                               "\\udbff\\udfff",
                               "\\\\u0000",
                               "\\\\ud800",
                               "\\\\\\n",
                               "\\\"\\\\\\/"})
        add_string(out, "escape "s + escape, in_quotes("a"s + escape + "z"), true);
    for (const auto* raw : {"a",
                            "\x7f",
                            "\xc2\x80",
                            "\xc3\xa9",
                            "\xdf\xbf",
                            "\xe0\xa0\x80",
                            "\xe2\x82\xac",
                            "\xe2\x80\xa8",
                            "\xe2\x80\xa9",
                            "\xed\x9f\xbf",
                            "\xee\x80\x80",
                            "\xef\xbb\xbf",
                            "\xef\xbf\xbd",
                            "\xf0\x90\x80\x80",
                            "\xf0\x9f\x98\x80",
                            "\xf4\x8f\xbf\xbd",
                            "'",
                            "/*no comment*/",
                            "//",
                            "[{,:}]",
                            "NaN",
                            "e\xcc\x81"})
        add_string(out, "raw " + bytes_name(raw), in_quotes("a"s + raw + "z"), true);
    add_string(out, "no character", R"("")", true);
    out.push_back({"a long string", in_quotes(repeated("\xc3\xa9x", 20'000))});

    for (const auto* structure :
         {"[]", "{}", "[[]]", "[{}]", R"({"a":{}})", R"({"a":[]})", "[[[]],[{}],[[[]]]]", R"({"":{"":{"":{}}}})",
          R"([null,true,false,0,"",[],{}])", R"({"a":1,"b":2,"c":[1,2],"d":{"a":1}})", R"([{"a":1},{"a":1}])",
          R"({"a":{"a":{"a":0}}})", R"({"a b":0,"a:b":1,"a,b":2,"{":3,"}":4})", R"({"__proto__":{},"constructor":0})",
          R"({"a":0,"\u00e4":1,"\u00c4\u00c4":2})"})
        add_in_contexts(out, structure, structure);
    out.push_back({"ten levels", repeated(R"({"a":[)", 5) + repeated("]}", 5)});
    out.push_back({"a long array", "[" + repeated("1,", 20'000) + "1]"});
    std::string many = "{";
    for (int i = 0; i < 2'000; ++i) many += in_quotes("n" + std::to_string(i)) + ":" + std::to_string(i) + ",";
    out.push_back({"many members", many + R"("end":0})"});

    const std::vector<std::string> tokens{"{", "\"a\"", ":", "[", "1", ",", "true", ",", "{", "}", "]", "}"};
    for (const auto* blank : {" ", "\t", "\n", "\r", "\r\n", " \t \n "})
        for (std::size_t place = 0; place <= tokens.size(); ++place) {
            std::string text;
            for (std::size_t i = 0; i < tokens.size(); ++i) text += (i == place ? blank : "") + tokens[i];
            if (place == tokens.size()) text += blank;
            out.push_back({"white space " + bytes_name(blank) + " at token " + std::to_string(place), text});
        }
    return out;
}

// --- must be refused --------------------------------------------------------------------------------------------

void add_wrong_tokens(Corpus& out)
{
    for (const auto* number : {"+1",
                               "+",
                               "-",
                               "--1",
                               "-+1",
                               "++1",
                               "00",
                               "01",
                               "-01",
                               "007",
                               "-00",
                               ".5",
                               "-.5",
                               "+.5",
                               ".",
                               "-.",
                               "5.",
                               "-5.",
                               "0.",
                               "0.e1",
                               "2.e3",
                               "2.e+3",
                               "1e",
                               "1E",
                               "1e+",
                               "1e-",
                               "1.0e",
                               "1.0e+",
                               "1.0E-",
                               "0e",
                               "0e+",
                               "e1",
                               "1e1.5",
                               "1ee2",
                               "1eE2",
                               "1e+-2",
                               "1.2.",
                               "1.2.3",
                               "1..2",
                               "1-2",
                               "1+2",
                               "1 2",
                               "1 000",
                               "- 1",
                               "1 .5",
                               "1. 5",
                               "1e 5",
                               "1_000",
                               "0x1",
                               "0X1F",
                               "-0x1",
                               "0b1",
                               "0o7",
                               "1a",
                               "1f",
                               "1L",
                               "0a",
                               "1e5x",
                               "NaN",
                               "-NaN",
                               "nan",
                               "Inf",
                               "-Inf",
                               "Infinity",
                               "-Infinity",
                               "+Infinity",
                               "\xef\xbc\x91",
                               "1\xef\xbc\x8e"
                               "5",
                               "\xd9\xa1"})
        add_in_contexts(out, "number "s + number, number);
    for (const auto* word : {"True",
                             "FALSE",
                             "Null",
                             "nul",
                             "tru",
                             "fals",
                             "nulll",
                             "truefalse",
                             "true1",
                             "undefined",
                             "None",
                             "yes",
                             "a",
                             "'a'",
                             "`a`",
                             "$a",
                             "*",
                             "#",
                             "@",
                             "&",
                             "\\",
                             "\\u0031",
                             "\\n",
                             "/",
                             "''",
                             "'\"'",
                             "(1)",
                             "<a>",
                             "=",
                             ";",
                             "\x7f",
                             "\xc2\xa0"
                             "1",
                             "\xe2\x80\x83"
                             "1",
                             "\xe2\x81\xa0"
                             "1",
                             "\x0b"
                             "1",
                             "\x0c"
                             "1",
                             "\xe5",
                             "\xff"})
        add_in_contexts(out, "word " + bytes_name(word), word);
    add_in_contexts(out, "a NUL for a value", "\0"s);
    add_in_contexts(out, "a NUL before a value", "\0"s + "1");
    add_in_contexts(out, "a NUL after a value", "1\0"s);

    for (unsigned char control = 0; control < 0x20; ++control)
        add_string(out, "control character " + byte_name(control),
                   in_quotes("a" + std::string(1, static_cast<char>(control)) + "z"), false);
    for (const auto* escape : {"\\a",     "\\v",     "\\e",     "\\x41",    "\\0",        "\\1",
                               "\\'",     "\\U0041", "\\B",     "\\N",      "\\ ",        "\\u",
                               "\\u0",    "\\u00",   "\\u004",  "\\u004g",  "\\u00 1",    "\\u-041",
                               "\\u+041", "\\u0x41", "\\u{41}", "\\uD83Dx", "\\\xc3\xa9", "\\u\xef\xbc\x90\xef\xbc\x90",
                               "\\\n",    "\\\t"})
        add_string(out, "escape " + bytes_name(escape), in_quotes("a"s + escape + "z"), false);
    add_string(out, "escaped NUL byte", in_quotes("a\\\0z"s), false);
    for (const auto* surrogates : {"\\ud800", "\\udbff", "\\udc00", "\\udfff", "\\ude00\\ud83d", "\\ud800\\ud800",
                                   "\\ud800\\ud800\\udc00", "\\ud800\\u0061", "\\ud800\\n", "\\ud800\\ue000",
                                   "\\ud800\\udc", "\\ud800\\udbff", "\\ud800 \\udc00", "\\uDADA", "\\ud800\\"})
        add_string(out, "surrogates "s + surrogates, in_quotes("a"s + surrogates + "z"), false);
    for (const auto* bytes : {"\x80",
                              "\xbf",
                              "\x80\x80",
                              "\xc0\x80",
                              "\xc0\xaf",
                              "\xc1\xbf",
                              "\xe0\x80\x80",
                              "\xe0\x80\xaf",
                              "\xe0\x9f\xbf",
                              "\xf0\x80\x80\x80",
                              "\xf0\x8f\xbf\xbf",
                              "\xf8\x88\x80\x80\x80",
                              "\xfc\x84\x80\x80\x80\x80",
                              "\xed\xa0\x80",
                              "\xed\xaf\xbf",
                              "\xed\xb0\x80",
                              "\xed\xbf\xbf",
                              "\xed\xa0\xbd\xed\xb8\x80",
                              "\xf4\x90\x80\x80",
                              "\xf5\x80\x80\x80",
                              "\xf7\xbf\xbf\xbf",
                              "\xfe",
                              "\xff",
                              "\xfe\xff",
                              "\xff\xfe",
                              "\xc3",
                              "\xe2\x82",
                              "\xe2",
                              "\xf0\x9f\x98",
                              "\xf0\x9f",
                              "\xf0",
                              "\xc3\xc3\xa9",
                              "\xe2\x28\xa1",
                              "\xe2\x82\x28",
                              "\xf0\x28\x8c\xbc",
                              "\xf0\x9f\x28\x80",
                              "\xc3\xa9\xa9",
                              "\xe9",
                              "\xfc"})
        add_string(out, "bytes " + bytes_name(bytes), in_quotes("a"s + bytes + "z"), false);
    for (const auto* string : {R"("a)", R"("a\")", R"("a\)", R"("a\u00)", R"(a")", R"("a"b")", R"("a""b")",
                               R"("a" "b")", R"("a"b)", R"("a'))",
                               "\xe2\x80\x9c"
                               "a"
                               "\xe2\x80\x9d",
                               "\"a\xc3"})
        add_in_contexts(out, "string "s + bytes_name(string), string);
}

Corpus wrong()
{
    Corpus out;
    add_wrong_tokens(out);
    for (const auto* structure :
         {// lists
          "[1,]", "[,]", "[,1]", "[1,,2]", "[,,]", "[1 2]", "[1:2]", "[1;2]", "[\"a\" \"b\"]", "[\"a\",]", "[[],]",
          "[{},]", "[1,\n]", "[1,2,,]", "[][]", "[]{}", "[1", "[1,", "[", "[[]", "[[", "[{", "[\"a\"", "[\"a", "[]]",
          "[1]]", "]", "[)", "(1]", "[1}", "{1]", "[}", "[\"a\":1]", "[...]", "[1,...]", "[*]", "[a]", "[-]", "[1]x",
          "[1],", ",[1]", "[1] 2", "[ , ]", "[true false]", "[null null]", "[{}{}]", "[[][]]",
          // objects
          "{,}", R"({"a":1,})", R"({,"a":1})", R"({"a":1,,"b":2})", R"({"a":1,,})", R"({"a" 1})", R"({"a"1})",
          R"({"a"})", R"({"a":})", R"({"a":,"b":1})", R"({"a",1})", R"({"a"=1})", R"({"a"=>1})", R"({"a"::1})",
          R"({:1})", R"({1:1})", R"({null:1})", R"({true:1})", R"({[]:1})", R"({{}:1})", "{a:1}", "{'a':1}",
          R"({'a':'b'})", R"({"a":'b'})", R"({"a":1 "b":2})", R"({"a":1;"b":2})", R"({"a":1:"b":2})", R"({"a":1)",
          R"({"a":)", R"({"a")", R"({"a)", "{", R"({"a":1]})", R"({"a":[1})", R"({"a":1}})", "}", R"({"a":1}{)",
          R"({"a":1}"b")", R"({"a":1}#)", R"({"a":1}1)", R"({"a":1},)", R"({"a":1};)", R"({"a":1}{"b":2})", "{)",
          R"({"a":1, })", R"({"a": })", R"({"a":1,"b"})", R"({"a":1,"b":})", R"({"a":1,b:2})", R"({"a":b})", "{*}",
          R"({...})", R"({"a":1,...})", R"({"a":/1})", R"({"a"}:1)", R"({"a":1,1})", R"({"a":{"b":1})", R"("a":1)",
          R"({[})", R"([{]})", R"({"a":[{"b":1]}})",
          // comments and other dialects
          "/*c*/1", "1/*c*/", "1//c", "//c\n1", "1#c", "#c\n1", "[1/*c*/]", "[/**/]", "[1,//c\n2]", "{/*c*/}",
          R"({"a"/*c*/:1})", R"({"a":/*c*/1})", R"({"a":1/*c*/})", R"({"a":1//c
})",
          R"({"a":1/**//})", R"({"a":1}/)", "<!--c-->1", "1--c", R"({"a":1}/**/)", "a=1", "- 1\n- 2", "a: 1",
          "callback({})", "(function(){})", "[1].concat", "new Date(0)", "1n", "@\"a\"", "b\"a\"", "r\"a\"",
          "\"a\"+\"b\"", "0 ? 1 : 2",
          // more than one, fewer than one
          "1,2", "1 2", "{} {}", "[] []", "1\n2", "\"a\" 1", "null,", ",null", ",", ":", "{},", "1}", "\"", "'", "[\""})
        out.push_back({"structure "s + structure, structure});
    out.push_back({"nothing", ""});
    for (const auto* blank : {" ", "\t", "\n", "\r\n", " \n\t\r "})
        out.push_back({"only white space " + bytes_name(blank), blank});
    for (const auto* blank : {"\x0b", "\x0c", "\xc2\x85", "\xc2\xa0", "\xe2\x80\x8b", "\xe2\x80\xa8", "\xe3\x80\x80",
                              "\xe1\xa0\x8e", "\xef\xbb\xbf", "\x1a", "\x1e"})
        for (const auto& [where, text] : {std::pair{"before", blank + R"({"a":1})"s},
                                          {"after", R"({"a":1})"s + blank},
                                          {"inside", "{"s + blank + R"("a":1})"}})
            out.push_back({"no white space " + bytes_name(blank) + " " + where, text});
    out.push_back({"NUL before", "\0{}"s});
    out.push_back({"NUL after", "{}\0"s});
    out.push_back({"NUL inside", "{\0}"s});
    out.push_back({"UTF-16, little end first", "\xff\xfe{\0}\0"s});
    out.push_back({"UTF-16, big end first", "\xfe\xff\0{\0}"s});
    out.push_back({"UTF-16 without a mark", "[\0]\0"s});
    out.push_back({"UTF-32", "{\0\0\0}\0\0\0"s});
    out.push_back({"half a mark", "\xef\xbb{}"});
    for (const std::size_t depth : {2U, 15U, 100U, 5'000U}) {
        out.push_back({"unclosed lists " + std::to_string(depth), std::string(depth, '[')});
        out.push_back({"unclosed objects " + std::to_string(depth), repeated(R"({"a":)", depth)});
    }
    // One sound document, broken off at each byte.
    const std::string whole = R"({"k\u00e4\ud83d\ude39":[-1.5e+2,true,null,{"\n":""}],"b":false, "c":{}})";
    for (std::size_t size = 2; size < whole.size(); ++size)
        out.push_back({"broken off after " + std::to_string(size), whole.substr(0, size)});
    return out;
}

// --- left to the reader -----------------------------------------------------------------------------------------

Corpus free_to_choose()
{
    Corpus out;
    for (const auto* number :
         {"1e400",
          "-1e400",
          "1e99999",
          "1e-400",
          "1e-99999",
          "0e99999",
          "0.0e-99999",
          "1.8e308",
          "1.7976931348623157e308",
          "5e-324",
          "2e-324",
          "4.9e-324",
          "9223372036854775808",
          "-9223372036854775809",
          "18446744073709551615",
          "18446744073709551616",
          "-18446744073709551616",
          "1e19",
          "1.0e308",
          "123123e100000000000000000000",
          "0.4e006699999999999999999999999999999999",
          "-0.0",
          "-0e1",
          "-0.00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"})
        add_in_contexts(out, "number "s + number, number);
    for (const std::size_t digits : {20U, 100U, 400U, 5'000U}) {
        out.push_back({std::to_string(digits) + " digits", std::string(digits, '9')});
        out.push_back({std::to_string(digits) + " digits behind the point", "0." + std::string(digits, '9')});
        out.push_back({std::to_string(digits) + " digits of an exponent", "1e" + std::string(digits, '0') + "1"});
    }
    for (const std::size_t depth : {12U, 13U, 14U, 15U, 16U, 17U, 64U, 500U, 10'000U, 100'000U}) {
        out.push_back({std::to_string(depth) + " lists", std::string(depth, '[') + std::string(depth, ']')});
        out.push_back(
            {std::to_string(depth) + " objects", repeated(R"({"a":)", depth) + "0" + std::string(depth, '}')});
    }
    for (const auto* twice : {R"({"a":1,"a":1})", R"({"a":1,"a":2})", R"({"a":1,"A":2})", R"({"a":1,"\u0061":2})",
                              R"({"":1,"":2})", R"({"a":{},"b":0,"a":[]})"})
        add_in_contexts(out, twice, twice);
    for (const auto* inside :
         {"\\u0000", "a\\u0000z", "\\uffff", "\\ufffe", "\\ufdd0", "\\ud83f\\udffe", "\xef\xbf\xbf", "\xef\xbf\xbe",
          "\xf0\x9f\xbf\xbe", "\xf4\x8f\xbf\xbf", "\\udbff\\udfff"})
        add_string(out, "text " + bytes_name(inside), in_quotes(inside), true);
    for (const std::size_t size : {65'535U, 65'536U, 65'537U, 300'000U})
        add_string(out, "text of " + std::to_string(size), in_quotes(std::string(size, 'a')), true);
    for (const std::size_t count : {99'900U, 100'001U, 400'000U})
        out.push_back({std::to_string(count) + " values", "[" + repeated("0,", count - 1) + "0]"});
    return out;
}

// --- the endpoint -----------------------------------------------------------------------------------------------

class Poster {
public:
    explicit Poster(const Desk& d) : client_{d.client()} {}

    std::string user_with(std::string_view attribute, const std::string& json)
    {
        const auto name = "json" + std::to_string(++made_) + "@x.example";
        return R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":")" + name + "\"," +
               in_quotes(attribute) + ":" + json + "}";
    }
    Answer post(const std::string& body)
    {
        auto answer = client_.send({.method = "POST",
                                    .target = "/Users",
                                    .headers = {{"Content-Type", "application/scim+json"}},
                                    .body = body});
        const auto* const connection = answer.header("Connection");
        if (connection != nullptr && *connection == "close") {
            client_.disconnect();
            ++closed_;
        }
        return answer;
    }
    int closed() const { return closed_; }
    std::int64_t users() { return client_.get("/Users?count=0").json.at("totalResults").as_int64(); }

private:
    Client client_;
    int made_ = 0;
    int closed_ = 0;
};

// No text and no name twice, or the counts would say nothing.
std::size_t different(const Corpus& corpus)
{
    std::set<std::string_view> texts;
    for (const auto& text : corpus) texts.insert(text.json);
    return texts.size();
}

void check_refused_as_json(const Answer& answer)
{
    CHECK(answer.status == 400);
    REQUIRE(answer.is_json);
    CHECK(*answer.header("Content-Type") == "application/scim+json");
    CHECK(answer.json.at("schemas").at(0).as_string() == "urn:ietf:params:scim:api:messages:2.0:Error");
    CHECK(answer.json.at("status").as_string() == "400");
    CHECK(answer.json.at("scimType").as_string() == "invalidSyntax");
    // Refused for what it is, not for what it says: "must be a JSON object" would mean that it had been read.
    const std::string detail{answer.json.at("detail").as_string()};
    CHECK_THAT(detail, Catch::Contains("not JSON") || Catch::Contains("no body"));
}

} // namespace

TEST_CASE("DOS-01: every text that is JSON is taken, and every string comes back as it was meant")
{
    const auto corpus = right();
    CHECK(different(corpus) >= 95);
    CHECK(different(corpus) == corpus.size());
    Desk d;
    d.serve();
    Poster poster{d};
    std::int64_t created = 0;
    for (const auto& [name, json, is_string] : corpus) {
        INFO(name << ": " << json.substr(0, 100));
        const auto answer = poster.post(poster.user_with("x", json));
        CHECK(answer.status == 201);
        CHECK(answer.is_json);
        created += answer.status == 201;
        if (!is_string || json == R"("")") continue; // an empty text is no value to SCIM
        const auto shown = poster.post(poster.user_with("displayName", json));
        CHECK(shown.status == 201);
        REQUIRE(shown.is_json);
        created += shown.status == 201;
        CHECK(shown.json.at("displayName") == boost::json::parse(json));
    }
    CHECK(poster.closed() == 0);
    CHECK(poster.users() == created);
}

TEST_CASE("DOS-01: every text that is no JSON is refused with 400, as a part of a body and as the whole")
{
    const auto corpus = wrong();
    CHECK(different(corpus) >= 188);
    Desk d;
    d.serve();
    Poster poster{d};
    for (const auto& [name, json, is_string] : corpus) {
        INFO(name << ": " << bytes_name(json.substr(0, 100)));
        check_refused_as_json(poster.post(poster.user_with("x", json)));
        check_refused_as_json(poster.post(json));
    }
    // What is wrong around a user who would be right.
    const auto good = poster.user_with("x", "1");
    for (const auto& around : {"\xef\xbb\xbf" + good, good + "x", good + ",", good + good, good + "\0"s, "\0"s + good,
                               good + "}", "[" + good, good.substr(0, good.size() - 1), good + "//", "/**/" + good})
        check_refused_as_json(poster.post(around));
    CHECK(poster.users() == 0);
    CHECK(poster.post(good).status == 201);
    CHECK(d.server().is_running());
}

TEST_CASE("DOS-01: what JSON leaves to its reader is taken or refused, never an error of the server's, and the answer "
          "is always JSON")
{
    const auto corpus = free_to_choose();
    CHECK(different(corpus) >= 30);
    Desk d;
    d.serve();
    Poster poster{d};
    std::int64_t created = 0;
    for (const auto& [name, json, is_string] : corpus) {
        INFO(name << ": " << json.substr(0, 100));
        for (const auto* attribute : {"x", "displayName", "title"}) {
            if (std::string_view{attribute} != "x" && !is_string) continue;
            const auto answer = poster.post(poster.user_with(attribute, json));
            CHECK((answer.status == 201 || answer.status == 400));
            CHECK(answer.is_json);
            created += answer.status == 201;
        }
        const auto whole = poster.post(json);
        CHECK(whole.status == 400); // no user in any reading
        CHECK(whole.is_json);
    }
    CHECK(poster.users() == created);
    auto client = d.client();
    CHECK(client.get("/Users?count=200").is_json); // what was taken is written as JSON, too
    CHECK(d.server().is_running());
    CHECK(d.stop() == Ended{});
    require_sound(d);
}
