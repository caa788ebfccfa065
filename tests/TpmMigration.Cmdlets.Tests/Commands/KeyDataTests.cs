using System;
using System.Formats.Asn1;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Data of keys as users of the commands meet it.</summary>
public sealed class KeyDataTests : SceneTests
{
    private static int s_number;
    private readonly string _key;

    public KeyDataTests(Scene scene) : base(scene)
    {
        _key = $"Data{System.Threading.Interlocked.Increment(ref s_number)}";
        Scene.Run($"$global:key = '{_key}'; $null = New-TpmMigratableKey $key").ThrowIfFailed();
    }

    [Fact]
    public void Data_goes_in_and_out_by_pipe_and_by_name()
    {
        File.WriteAllBytes(Path.Combine(Scene.Files, "in.bin"), [1, 2, 3]);
        PSObject[] added = [.. Scene.Run("""
            Get-TpmKey $key | Add-TpmKeyData -Type Data -Path $files/in.bin
            Add-TpmKeyData $key Data -Value 'täxt' -DataName text -MediaType text/plain
            Add-TpmKeyData $key Data -Value ([byte[]](9, 8)) -DataName bytes
            Add-TpmKeyData $key KeyPassword -SecureValue $password
            """).ThrowIfFailed().Output];
        Assert.Equal(["in.bin", "text", "bytes", "password"], added.Select(o => (string)o.Properties["DataName"].Value));
        Assert.Equal([3, 5, 2, Scene.Password.Length], added.Select(o => (int)o.Properties["Length"].Value));

        Assert.Equal([1, 2, 3], (byte[])Single("Get-TpmKeyData $key in.bin -Content"));
        Assert.Equal("täxt", Encoding.UTF8.GetString((byte[])Single("Get-TpmKeyData $key T* -Content")));
        Assert.Equal(Scene.Password, new System.Net.NetworkCredential("", (SecureString)Single("Get-TpmKey $key | Get-TpmKeyData -DataName password -Content")).Password);
        Assert.Equal(4, Scene.Run("Get-TpmKeyData Data* | Where-Object Name -eq $key").ThrowIfFailed().Output.Count);
        Assert.Equal("2", Single("@(Copy-Remoted (Get-TpmKeyData $key) | Where-Object Type -eq Data | Where-Object DataName -ne bytes).Count").ToString());
        Scene.Run("Get-TpmKeyData $key | Where-Object DataName -ne text | Remove-TpmKeyData -Confirm:$false").ThrowIfFailed();
        Assert.Equal("text", Single("(Get-TpmKeyData $key).DataName"));
    }

    [Fact]
    public void A_file_that_is_written_is_for_its_owner_only()
    {
        string path = Path.Combine(Scene.Files, "out.bin");
        Scene.Run("Add-TpmKeyData $key Data -Value 'secret text' -DataName a; Get-TpmKeyData $key a -OutPath $files/out.bin").ThrowIfFailed();
        Assert.Equal("secret text", File.ReadAllText(path));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal("Document.Exists", Id(Scene.ErrorOf("Get-TpmKeyData $key a -OutPath $files/out.bin")));
        Scene.Run("Add-TpmKeyData $key Data -Value 'more' -DataName a -Force; Get-TpmKeyData $key a -OutPath $files/out.bin -Force").ThrowIfFailed();
        Assert.Equal("more", File.ReadAllText(path));
        File.Delete(path);
    }

    [Fact]
    public void A_certificate_and_its_key_become_the_files_of_a_server()
    {
        File.WriteAllBytes(Path.Combine(Scene.Files, _key + ".der"), CertificateFor(_key));
        PSObject files = Assert.Single(Scene.Run("$null = Add-TpmKeyData $key CertificateChain -Path $files/$key.der; Get-TpmKeyData $key -AsServerFiles $files/tls").ThrowIfFailed().Output);
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile((string)files.Properties["CertificatePath"].Value);
        Assert.Equal("CN=gateway", certificate.Subject);
        Assert.Equal(File.ReadAllText(Path.Combine(Scene.Store, _key + ".pem")), File.ReadAllText((string)files.Properties["KeyPath"].Value));
        Directory.Delete(Path.Combine(Scene.Files, "tls"), recursive: true);
    }

    [Fact]
    public void Data_travels_with_its_key()
    {
        Scene.Run("""
            $null = Add-TpmKeyData $key Data -Value 'content' -DataName a
            $p = Export-TpmMigrationPackage $key $here -Reason Test
            $null = Import-TpmMigrationPackage $p -NewName "$key-moved"
            """).ThrowIfFailed();
        Assert.Equal("content", Encoding.UTF8.GetString((byte[])Single("Get-TpmKeyData \"$key-moved\" a -Content")));
    }

    [Theory]
    [InlineData("Get-TpmKeyData $key nope", "TpmKeyData.NotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-TpmKeyData Nobody", "TpmKey.NotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Add-TpmKeyData Nobody Data -Value x -DataName a", "TpmKey.NotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Remove-TpmKeyData $key nope -Confirm:$false", "TpmKeyData.NotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-TpmKeyData $key -AsServerFiles $files/tls", "TpmKeyData.NotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Add-TpmKeyData $key Data -Value x -DataName there", "TpmKeyData.Exists", ErrorCategory.ResourceExists)]
    [InlineData("Add-TpmKeyData $key Data -Value x", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("Add-TpmKeyData $key Data -Value 5 -DataName a", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("Add-TpmKeyData $key KeyPassword -Value x", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("Add-TpmKeyData $key Data -Value x -DataName a/b", "TpmKeyData.NotValid", ErrorCategory.InvalidData)]
    [InlineData("Add-TpmKeyData $key CertificateChain -Value x", "TpmKeyData.NotValid", ErrorCategory.InvalidData)]
    [InlineData("Add-TpmKeyData $key CertificateChain -Path $files/foreign.der", "TpmKeyData.CertificateForAnotherKey", ErrorCategory.InvalidArgument)]
    [InlineData("Add-TpmKeyData $key Data -Path $files/large.bin", "TpmKeyData.TooLarge", ErrorCategory.LimitsExceeded)]
    [InlineData("Add-TpmKeyData $key Data -Path $files/none", "Document.NotFound", ErrorCategory.ObjectNotFound)]
    public void One_error_with_a_stable_id(string script, string id, ErrorCategory category)
    {
        Scene.Run("$null = Add-TpmKeyData $key Data -Value x -DataName there").ThrowIfFailed();
        if (script.Contains("foreign", StringComparison.Ordinal)) File.WriteAllBytes(Path.Combine(Scene.Files, "foreign.der"), CertificateFor("Vpn"));
        if (script.Contains("large", StringComparison.Ordinal))
        {
            using FileStream large = File.Create(Path.Combine(Scene.Files, "large.bin"));
            large.SetLength((64L << 20) + 1);
        }
        string state = Scene.State();
        ErrorRecord error = Scene.ErrorOf(script);
        Assert.Equal((id, category), (Id(error), error.CategoryInfo.Category));
        Assert.False(string.IsNullOrEmpty(error.ErrorDetails?.RecommendedAction));
        Assert.Equal(state, Scene.State());
        File.Delete(Path.Combine(Scene.Files, "large.bin"));
    }

    [Fact]
    public void Damaged_data_is_told_and_can_be_given_up()
    {
        Scene.Run("$null = Add-TpmKeyData $key Data -Value x -DataName a").ThrowIfFailed();
        File.AppendAllText(Path.Combine(Scene.Store, _key + ".data"), "x");
        Assert.Equal("TpmKeyData.Damaged", Id(Scene.ErrorOf("Get-TpmKeyData $key")));
        Scene.Run("Remove-TpmKeyData $key * -Confirm:$false").ThrowIfFailed();
        Assert.Empty(Scene.Run("Get-TpmKeyData $key").ThrowIfFailed().Output);
    }

    [Fact]
    public void What_if_changes_nothing()
    {
        Scene.Run("$null = Add-TpmKeyData $key Data -Value x -DataName a").ThrowIfFailed();
        string state = Scene.State();
        Scene.Run("Add-TpmKeyData $key Data -Value y -DataName b -WhatIf; Add-TpmKeyData $key Data -Value y -DataName a -Force -WhatIf; Remove-TpmKeyData $key a -WhatIf; Remove-TpmKeyData $key * -WhatIf").ThrowIfFailed();
        Assert.Equal(state, Scene.State());
    }

    [Fact]
    public void A_listing_needs_no_TPM()
    {
        Scene.Run("$null = Add-TpmKeyData $key Data -Value x -DataName a").ThrowIfFailed();
        Assert.Equal("a", Single("(Get-TpmKeyData $key -Tpm device:/dev/no-tpm).DataName"));
        Assert.Equal("Tpm.NotFound", Id(Scene.ErrorOf("Get-TpmKeyData $key a -Content -Tpm device:/dev/no-tpm")));
    }

    [Fact]
    public void Names_of_data_are_completed()
    {
        Scene.Run("$null = Add-TpmKeyData $key Data -Value x -DataName settings").ThrowIfFailed();
        string line = $"Get-TpmKeyData -Store '{Scene.Store}' -Name {_key} -DataName se";
        Assert.Equal("settings", Single($"([Management.Automation.CommandCompletion]::CompleteInput(\"{line}\", {line.Length}, $null)).CompletionMatches[0].CompletionText"));
    }

    [Fact]
    public void A_password_comes_out_of_no_stream()
    {
        ModuleSessionResult result = Scene.Run(
            "$VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'; & { Add-TpmKeyData $key KeyPassword -SecureValue $password; Get-TpmKeyData $key; Get-TpmKeyData $key -Content; Add-TpmKeyData $key KeyPassword -SecureValue $password } *>&1 | Out-String -Width 5000; $Error | ForEach-Object { $_.Exception.ToString() }");
        Assert.DoesNotContain(result.Output, o => o.ToString()!.Contains(Scene.Password, StringComparison.Ordinal));
        Assert.NotEmpty(result.Output);
    }

    private object Single(string script) => Assert.Single(Scene.Run(script).ThrowIfFailed().Output).BaseObject;

    private static string Id(ErrorRecord error) => error.FullyQualifiedErrorId.Split(',')[0];

    private byte[] CertificateFor(string name) => CertificateFor(Scene, name);

    /// <summary>A certificate, in DER, for a key P-256 of the scene's store.</summary>
    internal static byte[] CertificateFor(Scene scene, string name)
    {
        // A key file ends with the public and the private part, and the public part of a P-256 key with its point: 32 bytes each, sized.
        string text = File.ReadAllText(Path.Combine(scene.Store, name + ".pem"));
        AsnReader fields = new AsnReader(Convert.FromBase64String(text[PemEncoding.Find(text).Base64Data]), AsnEncodingRules.DER).ReadSequence();
        while (fields.PeekTag() != Asn1Tag.PrimitiveOctetString) fields.ReadEncodedValue();
        byte[] publicPart = fields.ReadOctetString();
        using var certified = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = publicPart[^66..^34], Y = publicPart[^32..] } });
        using var authority = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName("CN=gateway"), new PublicKey(certified), HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.Create(
            new X500DistinguishedName("CN=Test CA"), X509SignatureGenerator.CreateForECDsa(authority), DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), [1]);
        return certificate.RawData;
    }
}
