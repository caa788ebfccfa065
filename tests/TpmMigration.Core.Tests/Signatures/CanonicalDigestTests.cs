using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using TpmMigration.Signatures;
using TpmMigration.Testing;
using TpmMigration.Tests.Packages.Vectors;
using Xunit;

namespace TpmMigration.Tests.Signatures;

/// <summary>The canonical form, in which documents are signed, against another implementation of it.</summary>
public sealed class CanonicalDigestTests
{
    private const int RandomDocuments = 80;

    [Fact]
    public void Xmlsec_verifies_signatures_over_odd_documents()
    {
        using var folder = new TemporaryFolder("tpm-migration-odd-");
        List<string> files = [];
        foreach (string document in OddDocuments.ByHand.Concat(Enumerable.Range(0, RandomDocuments).Select(OddDocuments.AtRandom)))
        {
            files.Add(folder[$"odd-{files.Count}.xml"]);
            File.WriteAllText(files[^1], VectorText.Sign(document));
        }
        Assert.True(files.Count > RandomDocuments);
        ToolRunner.Run("xmlsec1", ["--verify", .. Trust, .. files]);
    }

    [Fact]
    public void Xmlsec_refuses_an_odd_document_of_which_a_letter_was_changed()
    {
        using var folder = new TemporaryFolder("tpm-migration-odd-");
        string file = folder["odd.xml"];
        File.WriteAllText(file, VectorText.Sign(OddDocuments.ByHand.First()).Replace("z=\"3\"", "z=\"4\"", StringComparison.Ordinal));
        Assert.Throws<ToolFailedException>(() => ToolRunner.Run("xmlsec1", ["--verify", .. Trust, file]));
    }

    /// <summary>What xmlsec cannot be asked: libxml2 leaves characters of namespaces as they are.</summary>
    [Fact]
    public void A_namespace_is_written_like_an_attribute()
    {
        const string Canonical = "<e xmlns=\"urn:a&amp;b\" xmlns:p=\"urn:&lt;&quot;>\" p:x=\"&lt;&quot;>\"></e>";
        Assert.Equal(
            SHA256.HashData(Encoding.UTF8.GetBytes(Canonical)),
            CanonicalDigest.Of(VectorText.Parse("<e p:x='&lt;&quot;&gt;' xmlns:p='urn:&lt;&quot;&gt;' xmlns='urn:a&amp;b'/>")));
    }

    private static string[] Trust => ["--trusted-der", Path.Combine(VectorFolder.Path, "keys", VectorSigner.Ecc.Name + ".cer")];
}
