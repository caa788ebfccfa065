using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Text;
using System.Text.RegularExpressions;
using TpmMigration.Cmdlets.Tests.Commands;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.MaService;

/// <summary>A Migration Authority, or somebody between, that answers something else than what was asked: the commands see it, and nothing is written.</summary>
public sealed class FalseServiceTests : MaSceneTests
{
    public FalseServiceTests(MaScene scene) : base(scene) => Scene.Run("""
        if (-not $global:first) {
            $global:first = Export-Key First
            $global:second = Export-Key Second
            $global:third = Export-Key Third
            $null = $first, $second, $third | Send-MaPackage
        }
        """).ThrowIfFailed();

    [Theory]
    [InlineData("$first | Send-MaPackage", "Upload", "<Digest>..", "<Digest>00", "acknowledges another package")]
    [InlineData("$first | Send-MaPackage", "Upload", "<PackageId>.{8}", "<PackageId>00000000", "acknowledges another package")]
    [InlineData("Remove-MaPackage $third.Id -Confirm:$false", "Delete", "<PackageId>.{8}", "<PackageId>00000000", "removed another package")]
    [InlineData("Find-MaPackage", "Query", "<Client>000b..", "<Client>000b00", "lists a package that was not asked for")]
    [InlineData("Find-MaPackage -PackageId $first.Id", "Query", "<PackageId>.{8}", "<PackageId>00000000", "lists a package that was not asked for")]
    [InlineData("Find-MaPackage -PackageId $first.Id", "Query", "<Entry>.*</Entry>", "<Next>x</Next>", "lists packages without end")]
    [InlineData("Connect-MaService", "Authenticate", "<CredentialBlob>.*</CredentialBlob>", "<CredentialBlob>ACAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA</CredentialBlob>", "a challenge that was not made for this machine's TPM")]
    [InlineData("Connect-MaService", "CompleteAuthentication", "<Client>000b..", "<Client>000b00", "knows this machine by another endorsement key")]
    [InlineData("Connect-MaService", "CompleteAuthentication", "<IdentityCertificate>[^<]*</IdentityCertificate>", "", "gives an identity certificate that is not for this machine's attestation key")]
    [InlineData("Get-MaPackage $first.Id -Path $files/false.xml", "Download", null, "Second", "and .* was asked for")]
    [InlineData("Get-MaPackage $first.Id -Path $files/false.xml", "Download", null, "EndorsementKey", "which is not the one it was to wrap it to")]
    public void Another_answer_than_to_what_was_asked_is_seen(string script, string operation, string? pattern, string instead, string text)
    {
        string second = Scene.Line("$second.Id"), first = Scene.Line("$first.Id");
        Scene.Between.Speak = request =>
        {
            if (request.Operation != operation) return Scene.Between.Forward(request);
            if (pattern == null) return Scene.Between.Forward(request with { Content = instead == "Second" ? request.Content.Replace(first, second, StringComparison.Ordinal) : request.Content.Replace("</PackageId>", "</PackageId><ToEndorsementKey>true</ToEndorsementKey>", StringComparison.Ordinal) });
            Answer answer = Scene.Between.Forward(request);
            return answer with { Content = new Regex(pattern, RegexOptions.Singleline).Replace(answer.Content, instead, 1) };
        };
        ErrorRecord error = ErrorOf(script);
        Expect.Error(error, "MaService.AnswerRefused", ErrorCategory.SecurityError, string.Empty, null);
        Assert.Matches(text, error.ToString());
        Assert.False(File.Exists(Path.Combine(Scene.Files, "false.xml")));
    }

    [Theory]
    [InlineData(" host=\"", " host=\"x", "Signature.Document")]
    [InlineData("<Signature ", "<Signed ", "Package.Malformed")]
    [InlineData("", "<!DOCTYPE x>", "Package.DocumentType")]
    public void An_altered_package_is_not_taken(string text, string instead, string id)
    {
        Scene.Between.Speak = request =>
        {
            Answer answer = Scene.Between.Forward(request);
            return request.Operation != "Download" ? answer : answer with
            {
                Content = Regex.Replace(answer.Content, "(?<=<Package>)[^<]*", match => Convert.ToBase64String(Encoding.UTF8.GetBytes(Change(Encoding.UTF8.GetString(Convert.FromBase64String(match.Value)))))),
            };
        };
        Assert.Equal(id, ErrorIdOf("Get-MaPackage $first.Id -Path $files/altered.xml"));
        Assert.False(File.Exists(Path.Combine(Scene.Files, "altered.xml")));
        Assert.Empty(Directory.GetFiles(Scene.Files, "*.tmp"));

        string Change(string document) => text.Length == 0
            ? document.Replace("?>", "?>" + instead, StringComparison.Ordinal)
            : new Regex(Regex.Escape(text)).Replace(document, instead, 1);
    }

    [Fact]
    public void A_lost_answer_to_what_is_safe_is_asked_for_again_and_to_a_challenge_not()
    {
        int times = 0;
        Scene.Between.Speak = request =>
        {
            Answer answer = Scene.Between.Forward(request);
            return request.Operation == "Upload" && times++ == 0 ? null : answer;
        };
        Assert.Equal("True", Scene.Line("(Export-Key Lost | Send-MaPackage).AlreadyStored"));
        Scene.Between.Speak = request =>
        {
            Answer answer = Scene.Between.Forward(request);
            return request.Operation == "CompleteAuthentication" ? null : answer;
        };
        Scene.Between.Forget();
        Assert.Equal("MaService.NotReachable", ErrorIdOf("Connect-MaService"));
        Assert.Single(Scene.Between.Operations, "CompleteAuthentication");
    }

    [Fact]
    public void A_key_that_the_authority_did_not_sign_is_none()
    {
        Scene.Between.Speak = request =>
        {
            Answer answer = Scene.Between.Forward(request);
            return answer with { Content = Regex.Replace(answer.Content, "<Name>000b..", "<Name>000b00") };
        };
        Assert.Equal("Destination.Altered", ErrorIdOf("Get-MaKey -Path $files/falsekey.xml"));
        Scene.Between.Speak = request =>
        {
            Answer answer = Scene.Between.Forward(request);
            return answer with { Content = Regex.Replace(answer.Content, "(?<=<Document>)[^<]*", match => Convert.ToBase64String(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Convert.FromBase64String(match.Value)).Replace("Example MA", "Another MA", StringComparison.Ordinal)))) };
        };
        Assert.Equal("Signature.Document", ErrorIdOf("Get-MaKey -Path $files/falsekey.xml"));
        Assert.False(File.Exists(Path.Combine(Scene.Files, "falsekey.xml")));
    }

    [Fact]
    public void No_token_and_no_secret_is_shown_anywhere()
    {
        string? token = null, secret = null;
        Scene.Between.Speak = request =>
        {
            Answer answer = Scene.Between.Forward(request);
            if (request.Operation == "CompleteAuthentication")
            {
                token = Regex.Match(answer.Content, "<Token>([^<]*)").Groups[1].Value;
                secret = Regex.Match(request.Content, "<Secret[^>]*>([^<]*)").Groups[1].Value;
            }
            return request.Operation == "Query" ? Answer.Fault("PackageHeld") : answer;
        };
        ModuleSessionResult result = Scene.Run("Connect-MaService -Verbose -Debug; Find-MaPackage -Verbose -Debug");
        string shown = string.Join('\n', result.Output.SelectMany(o => o.Properties).Select(p => p.Value?.ToString())
            .Concat(result.Verbose).Concat(result.Debug).Concat(result.Warnings).Concat(result.Errors.SelectMany(e => new[] { e.ToString(), e.Exception.ToString() })));
        Assert.True(token is { Length: > 20 } && secret is { Length: > 20 });
        Assert.Contains("MaService", string.Concat(result.Errors.Select(e => e.FullyQualifiedErrorId)), StringComparison.Ordinal);
        Assert.DoesNotContain(token, shown, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, shown, StringComparison.Ordinal);
    }
}
