using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace TpmMigration.Tests.Signatures;

/// <summary>
/// Documents whose canonical form is easy to get wrong, each with the place of a signature. Namespaces are URIs with a scheme: canonical XML
/// has no form for others, and xmlsec refuses them. None holds an ampersand, which libxml2 writes as it is instead of as its entity.
/// </summary>
internal static class OddDocuments
{
    private static readonly string[] Prefixes = ["", "a", "b", "c"];
    private static readonly string[] Namespaces = ["urn:b", "urn:a", "urn:A", "urn:%C3%A9", "http://127.0.0.1/a?b=1"];
    private static readonly string[] Names = ["e", "E", "e-1", "e.1", "e_1", "\u00E9"];
    private static readonly string[] Values = ["", " ", "a", "&#x9;&#xA;&#xD;", "\t\n", "&lt;&gt;&amp;&quot;'", "\U0001D11E", "\u00A0\u2028\u0085", "e\u0301", "]]&gt;", "  a  b "];

    internal static IEnumerable<string> ByHand => Bodies.Select(body => Around(string.Empty, body)).Concat(Roots.Select(root => Around(root, "<e/>")));

    /// <summary>Elements, declarations and attributes at random, the same for the same number.</summary>
    internal static string AtRandom(int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        for (int i = 0; i < 4; i++) Element(text, random, new() { [string.Empty] = string.Empty }, depth: 0);
        return Around(string.Empty, text.ToString());
    }

    private static string[] Roots =>
    [
        " xmlns=\"urn:a\"",
        " xmlns=\"http://www.w3.org/2000/09/xmldsig#\"",
        " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:unused=\"urn:a\"",
        " xml:lang=\"en\" xml:space=\"preserve\" xml:base=\"http://127.0.0.1/\"",
        " b=\"2\" a=\"1\" xmlns:z=\"urn:a\" z:a=\"3\" xmlns:y=\"urn:b\" y:a=\"4\"",
    ];

    private static string[] Bodies =>
    [
        "<e xmlns:b=\"urn:a\" xmlns:a=\"urn:b\" b:x=\"1\" a:x=\"2\" z=\"3\" y=\"4\"/>",
        "<e xmlns=\"urn:a\"><f xmlns=\"\"><g xmlns=\"urn:a\"/></f></e>",
        "<e xmlns=\"urn:a\"><f xmlns=\"\"/><f/><f xmlns=\"\"><g/></f></e>",
        "<e xmlns=\"\"><f xmlns=\"\"/></e>",
        "<a:e xmlns:a=\"urn:a\"><a:f xmlns:a=\"urn:a\"/></a:e>",
        "<a:e xmlns:a=\"urn:a\"><a:f xmlns:a=\"urn:b\"><a:g xmlns:a=\"urn:a\"/></a:f></a:e>",
        "<a:e xmlns:a=\"urn:a\" xmlns:b=\"urn:a\"><b:f/><a:f/></a:e>",
        "<a:e xmlns:a=\"urn:a\" xmlns=\"urn:a\"><f/><a:f/></a:e>",
        "<e xmlns:a=\"urn:a\"><a:f/><a:f><a:g/></a:f></e>",
        "<e xmlns:a=\"urn:a\"><f><g a:x=\"1\"/><g a:x=\"1\"/></f></e>",
        "<e xmlns:a=\"urn:a\" xmlns:b=\"urn:a\" b:x=\"1\" a:y=\"2\"/>",
        "<e xmlns:b=\"urn:b\" xmlns:a=\"urn:a\" xmlns=\"urn:c\" a:x=\"\" b:x=\"\" x=\"\"/>",
        "<e xmlns:unused=\"urn:a\"><f xmlns:unused=\"urn:b\"/></e>",
        "<e a=\"&#x9;&#xA;&#xD;\" b=\"\t\n\" c=\"&#x20;\"/>",
        "<e>&#xD;</e><e>&#xD;&#xA;</e><e>\t\n</e>",
        "<e>&lt;&gt;&amp;\"'</e><e a=\"&lt;&gt;&amp;&quot;'\"/>",
        "<e>]]&gt;</e>",
        "<e>\U0001D11E\uFFFD\u00E9e\u0301\u00A0\u2028\u0085</e>",
        "<e a=\"\U0001D11E\uFFFD\u00E9e\u0301\u00A0\u2028\u0085\"/>",
        "<e>&#x1D11E;&#233;</e>",
        "<e></e><f/><g ></g ><h\n/>",
        "<e xml:lang=\"en\"><f xml:lang=\"\"/><g xml:space=\"preserve\" a=\"1\"/></e>",
        "<e xml:id=\"a\" xml:base=\"urn:a\" id=\"b\"/>",
        "<e ab=\"1\" aB=\"2\" a-b=\"3\" a.b=\"4\" a_b=\"5\" AB=\"6\" \u00E9=\"7\" z=\"8\"/>",
        "<e xmlns:p1=\"urn:A\" xmlns:p2=\"urn:a\" xmlns:p3=\"urn:%C3%A9\" xmlns:p4=\"urn:Z\" p1:x=\"\" p2:x=\"\" p3:x=\"\" p4:x=\"\"/>",
        $"<e {string.Join(' ', Enumerable.Range(0, 40).Select(i => $"xmlns:p{i}=\"urn:{40 - i}\" p{i}:a=\"{i}\""))}/>",
        $"<e>{new string('x', 9000)}&amp;{new string('\u00E9', 9000)}</e>",
        $"<e a=\"{new string('x', 9000)}&#xA;{string.Concat(Enumerable.Repeat("\U0001D11E", 2000))}\"/>",
        string.Concat(Enumerable.Repeat("<a:e xmlns:a=\"urn:a\"><b:e xmlns:b=\"urn:b\">", 20)) + string.Concat(Enumerable.Repeat("</b:e></a:e>", 20)),
        "<xmlns xml=\"1\"/>",
    ];

    private static string Around(string root, string body) => $"<root{root}>\n  {body}\n  {Packages.Vectors.VectorText.Place}\n</root>\n";

    private static void Element(StringBuilder text, Random random, Dictionary<string, string> scope, int depth)
    {
        scope = new(scope);
        var tag = new StringBuilder();
        foreach (string prefix in Prefixes.Where(_ => random.Next(3) == 0))
        {
            scope[prefix] = prefix.Length == 0 && random.Next(3) == 0 ? string.Empty : Pick(random, Namespaces);
            tag.Append(prefix.Length == 0 ? " xmlns=\"" : $" xmlns:{prefix}=\"").Append(scope[prefix]).Append('"');
        }
        HashSet<string> used = [];
        for (int i = random.Next(4); i > 0; i--)
        {
            string prefix = Pick(random, [.. scope.Keys]), name = Pick(random, Names);
            if (used.Add((prefix.Length == 0 ? string.Empty : scope[prefix]) + " " + name))
                tag.Append(' ').Append(Qualified(prefix, name)).Append("=\"").Append(Pick(random, Values)).Append('"');
        }
        string element = Qualified(Pick(random, [.. scope.Keys]), Pick(random, Names));
        text.Append('<').Append(element).Append(tag);
        if (random.Next(4) == 0)
        {
            text.Append("/>");
            return;
        }
        text.Append('>').Append(Pick(random, Values));
        for (int i = depth == 5 ? 0 : random.Next(3); i > 0; i--) Element(text, random, scope, depth + 1);
        text.Append(Pick(random, Values)).Append("</").Append(element).Append('>');
    }

    private static string Qualified(string prefix, string name) => prefix.Length == 0 ? name : prefix + ":" + name;

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
