using System;
using System.Diagnostics;
using System.Linq;
using System.Management.Automation;
using System.Threading;
using TpmMigration.Cmdlets.Tests.Commands;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.MaService;

/// <summary>Whatever answers where a Migration Authority should: the commands say what is wrong, and take in no more than they need.</summary>
public sealed class HostileServiceTests(HostileServiceTests.Scene scene) : IClassFixture<HostileServiceTests.Scene>, IDisposable
{
    private const string Information =
        $"<GetMAServiceInformationResponse xmlns=\"{Answer.Ns}\"><Name>Example</Name><Version>1</Version><Time>2026-01-31T00:00:00Z</Time><Operation>GetMAKey</Operation>"
        + "<StorageKeyAlgorithm>ECC P-256</StorageKeyAlgorithm><EndorsementKeyAlgorithm>RSA 2048</EndorsementKeyAlgorithm><MostPackageBytes>1000</MostPackageBytes>"
        + "<MostPackageKeys>1</MostPackageKeys><MostClientPackages>1</MostClientPackages><MostClientBytes>1</MostClientBytes><MostApprovals>64</MostApprovals>"
        + "<MostPageEntries>1</MostPageEntries><ChallengeSeconds>120</ChallengeSeconds><TokenSeconds>600</TokenSeconds></GetMAServiceInformationResponse>";

    public void Dispose() => scene.Server.Speak = _ => null;

    [Fact]
    public void What_a_service_says_of_itself_is_shown()
    {
        scene.Server.Speak = _ => Answer.Soap(Information);
        Assert.Equal("Example 1 1000 00:10:00", scene.Line("Get-MaServiceInformation | ForEach-Object { \"$($_.Name) $($_.Version) $($_.MostPackageBytes) $($_.TokenLifetime)\" }"));
    }

    public static TheoryData<string> NoAnswers =>
    [
        "<html><body>Welcome</body></html>",
        "",
        "nonsense",
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>",
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body/></soap:Envelope>",
        "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\"><soap:Body>" + Information + "</soap:Body></soap:Envelope>",
        "<!DOCTYPE x [<!ENTITY a \"Example\">]>" + Answer.Soap(Information).Content,
        Answer.Soap(Information + Information).Content,
        Answer.Soap(Information.Replace("<Version>", "<!-- x --><Version>", StringComparison.Ordinal)).Content,
        Answer.Soap(Information.Replace("<Version>1</Version>", "", StringComparison.Ordinal)).Content,
        Answer.Soap(Information.Replace("</Version>", "</Version><More/>", StringComparison.Ordinal)).Content,
        Answer.Soap(Information.Replace("GetMAServiceInformationResponse", "GetMAKeyResponse", StringComparison.Ordinal)).Content,
        Answer.Soap(Information.Replace("service:1", "service:2", StringComparison.Ordinal)).Content,
        Answer.Soap(Information.Replace("2026-01-31T00:00:00Z", "yesterday", StringComparison.Ordinal)).Content,
        Answer.Soap(Information.Replace("<MostPackageKeys>1<", "<MostPackageKeys>-1<", StringComparison.Ordinal)).Content,
        Answer.Soap(Information.Replace("<MostPackageKeys>1<", "<MostPackageKeys>99999999999<", StringComparison.Ordinal)).Content,
        Answer.Soap(string.Concat(Enumerable.Repeat("<a>", 100)) + string.Concat(Enumerable.Repeat("</a>", 100))).Content,
        Answer.Soap("<soap:Fault><faultcode>soap:Server</faultcode><faultstring>Another service</faultstring></soap:Fault>", 500).Content,
    ];

    [Theory]
    [MemberData(nameof(NoAnswers))]
    public void What_is_no_answer_of_a_Migration_Authority_is_told_so(string content)
    {
        scene.Server.Speak = _ => new Answer(content, content.Contains("Fault>", StringComparison.Ordinal) ? 500 : 200, content.Contains("html", StringComparison.Ordinal) ? "text/html" : "text/xml; charset=utf-8");
        Expect.Error(scene.ErrorOf("Get-MaServiceInformation"), "MaService.NotTheService", ErrorCategory.ProtocolError, "Migration Authority", null);
    }

    [Fact]
    public void An_answer_is_read_no_further_than_any_answer_goes()
    {
        scene.Server.Speak = _ => Answer.Soap(Information.Replace("Example", new string('x', 5_000_000), StringComparison.Ordinal));
        Expect.Error(scene.ErrorOf("Get-MaServiceInformation"), "MaService.AnswerTooLarge", ErrorCategory.LimitsExceeded, "more than is taken in", null);
    }

    [Theory]
    [InlineData("Unavailable", "MaService.Unavailable", ErrorCategory.ResourceBusy, 4)]
    [InlineData("ClientBlocked", "MaService.ClientBlocked", ErrorCategory.PermissionDenied, 1)]
    [InlineData("SomethingNew", "MaService.Refused", ErrorCategory.InvalidOperation, 1)]
    [InlineData("38", "MaService.Refused", ErrorCategory.InvalidOperation, 1)]
    [InlineData("NotReachable", "MaService.Refused", ErrorCategory.InvalidOperation, 1)]
    public void A_fault_is_told_by_its_code_and_what_may_pass_is_asked_again(string code, string id, ErrorCategory category, int times)
    {
        scene.Server.Speak = _ => Answer.Fault(code, "Not\u202e now.\n\nReally.");
        ErrorRecord error = scene.ErrorOf("Get-MaKey");
        Expect.Error(error, id, category, "Not  now.  Really.", null);
        Assert.Equal(Enumerable.Repeat("GetMAKey", times), scene.Server.Operations);
    }

    [Fact]
    public void What_failed_for_a_while_is_done_then()
    {
        int left = 3;
        scene.Server.Speak = _ => left-- switch { 3 => null, 2 => Answer.Fault("Unavailable"), 1 => new Answer("Busy", 503, "text/plain"), _ => Answer.Soap(Information) };
        ModuleSessionResult result = scene.Run("Get-MaServiceInformation -Verbose").ThrowIfFailed();
        Assert.Single(result.Output);
        Assert.Equal(4, scene.Server.Operations.Length);
        Assert.Equal(3, result.Verbose.Count(line => line.EndsWith("Trying again.", StringComparison.Ordinal)));
    }

    [Fact]
    public void Who_hangs_up_or_is_not_there_cannot_be_reached()
    {
        Expect.Error(scene.ErrorOf("Get-MaServiceInformation"), "MaService.NotReachable", ErrorCategory.ConnectionError, "cannot be reached, or broke off", null);
        Assert.Equal(4, scene.Server.Operations.Length);
        Expect.Error(scene.ErrorOf("Get-MaServiceInformation https://name.invalid"), "MaService.NotReachable", ErrorCategory.ConnectionError, "https://name.invalid", null);
    }

    [Fact]
    public void Nobody_is_waited_for_longer_than_was_said()
    {
        using var silence = new ManualResetEventSlim();
        scene.Server.Speak = _ =>
        {
            silence.Wait();
            return null;
        };
        var watch = Stopwatch.StartNew();
        Expect.Error(scene.ErrorOf("Get-MaServiceInformation -TimeoutSeconds 1"), "MaService.TimedOut", ErrorCategory.OperationTimeout, "did not answer in time", null);
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10));
        silence.Set();
    }

    [Fact]
    public void Nobody_is_followed_elsewhere()
    {
        using var elsewhere = new Between { Speak = _ => Answer.Soap(Information) };
        scene.Server.Speak = _ => new Answer("", 307, Location: elsewhere.Address.ToString());
        Assert.StartsWith("MaService.", scene.ErrorOf("Get-MaServiceInformation").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(elsewhere.Operations);
    }

    [Fact]
    public void A_wait_ends_at_once_when_it_is_stopped()
    {
        using var silence = new ManualResetEventSlim();
        using var asked = new ManualResetEventSlim();
        scene.Server.Speak = _ =>
        {
            asked.Set();
            silence.Wait();
            return null;
        };
        using var script = new RunningScript(scene.Session, "Get-MaServiceInformation");
        Assert.True(asked.Wait(TimeSpan.FromSeconds(60)));
        // A second, and what a loaded machine takes.
        Assert.InRange(script.Stop(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal(PSInvocationState.Stopped, script.State);
        silence.Set();
    }

    [Theory]
    [InlineData("Get-MaKey ftp://example.com", "no address of a Migration Authority")]
    [InlineData("Get-MaKey ma.example.com", "no address of a Migration Authority")]
    [InlineData("Get-MaKey http://ma.example.com", "without TLS, and not on this machine")]
    [InlineData("Get-MaKey https://me:secret@ma.example.com", "has no user, query or fragment")]
    [InlineData("Get-MaKey https://ma.example.com -TlsFingerprint 0011", "64 hexadecimal digits")]
    [InlineData("Get-MaKey http://127.0.0.1 -TlsFingerprint ('0' * 64)", "without TLS, and a certificate of TLS was named")]
    [InlineData("$PSDefaultParameterValues.Remove('*-Ma*:Uri'); Get-MaKey", "No Migration Authority is named")]
    public void An_address_that_is_none_or_not_safe_is_refused(string script, string text)
    {
        ErrorRecord error = scene.ErrorOf($"& {{ $global:kept = $PSDefaultParameterValues.Clone(); try {{ {script} }} finally {{ $global:PSDefaultParameterValues = $kept }} }}");
        Expect.Error(error, "MaService.Address", ErrorCategory.InvalidArgument, text, null);
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(scene.Server.Operations);
    }

    /// <summary>A session, and a server that says what the test says.</summary>
    public sealed class Scene : IDisposable
    {
        private readonly TemporaryFolder _folder = new("ma-hostile-");

        public Scene() => Session.Run(
            "param($Uri, $Trust) $global:PSDefaultParameterValues = @{ '*-Ma*:Uri' = $Uri; '*:TrustRegister' = $Trust }",
            new { Uri = Server.Address.ToString(), Trust = _folder["register/trust.xml"] }).ThrowIfFailed();

        internal Between Server { get; } = new();

        internal ModuleSession Session { get; } = new();

        internal ModuleSessionResult Run(string script)
        {
            Server.Forget();
            return Session.Run(script);
        }

        internal string Line(string script) => Assert.Single(Run(script).ThrowIfFailed().Output).ToString();

        internal ErrorRecord ErrorOf(string script)
        {
            ModuleSessionResult result = Run(script);
            return result.Terminating ?? Assert.Single(result.Errors);
        }

        public void Dispose()
        {
            Session.Dispose();
            Server.Dispose();
            _folder.Dispose();
        }
    }
}
