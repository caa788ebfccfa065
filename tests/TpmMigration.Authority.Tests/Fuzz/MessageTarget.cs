using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using TpmMigration.Authority.Clients;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Operations;
using TpmMigration.Authority.Service;
using TpmMigration.Authority.Soap;
using TpmMigration.Authority.Trust;
using TpmMigration.Authority.Vault;
using TpmMigration.Fuzz.Engine;
using TpmMigration.Fuzz.Mutation;
using TpmMigration.Fuzz.Targets;
using TpmMigration.Signatures;
using TpmMigration.Testing;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.Tpm;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority.Fuzz;

/// <summary>Messages to a service that knows their sender. An input is the version of SOAP, and the message.</summary>
internal sealed class MessageTarget : FuzzTarget, IDisposable
{
    private readonly TemporaryFolder _folder = new("tpm-ma-fuzz-");
    private readonly AuthorityKeys _keys = AuthorityKeys.Create("Fuzzed MA", ["localhost"], DateTime.UtcNow);
    private readonly SqliteDatabase _database;
    private readonly ServiceMetrics _metrics = new();
    private readonly RequestLimiter _limiter;
    private readonly MigrationService _service;
    private readonly TpmtPublic _endorsement;
    private readonly KeyCertification _certification;

    internal MessageTarget()
    {
        _database = new SqliteDatabase(_folder["vault.db"]);
        _database.Migrate();
        _limiter = new RequestLimiter(new RateLimits { ClientRate = 0, AddressRate = 0 }, _metrics);
        _service = new MigrationService(_keys, _database, new ServiceLimits { MostPackageBytes = 64 * 1024 }, TimeProvider.System, _limiter);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _endorsement = SampleCertifications.Public(EndorsementTemplate.EccP256.PublicArea, key);
        _certification = SampleCertifications.Of(_keys.StorageKey.Area);
        _database.Write(transaction => TrustList.Add(
            transaction, new TrustedEndorsement(TrustedKind.EndorsementKey, _endorsement.Name, "EK", _endorsement.Marshal(), DateTime.UtcNow, "tests", "fuzzed")));
    }

    public override string Name => "message";

    public override IReadOnlyList<byte[]> Seeds()
    {
        using var challenges = new SealedState(_keys.StateSecret, ChallengeState.Purpose);
        using var tokens = new SealedState(_keys.StateSecret, ClientToken.Purpose);
        ChallengeState state = ChallengeState.Create(_endorsement, _certification.AttestationKey, DateTime.UtcNow.AddHours(1));
        byte[] token = tokens.Seal(new ClientToken(_endorsement, _certification.AttestationKey.Name, _keys.StorageKey.Area, new byte[ClientToken.SessionSize], DateTime.UtcNow.AddHours(1)).Marshal());
        var answer = new ChallengeAnswer(challenges.Seal(state.Marshal()), state.Secret, _endorsement, _certification.Statement, _certification.Signature);
        XElement[] messages =
        [
            new XElement(Ns + "GetMAServiceInformation"),
            new XElement(Ns + "GetMAKey"),
            new XElement(Ns + "Authenticate", Part("EndorsementKey", _endorsement.Marshal()), Part("AttestationKey", _certification.AttestationKey.Marshal())),
            new XElement(Ns + "Authenticate", Part("EndorsementCertificate", Foreign.Certificate()), Part("AttestationKey", _certification.AttestationKey.Marshal())),
            new XElement(Ns + "CompleteAuthentication", answer.Parts()),
            new XElement(Ns + "Upload", Part("Token", token), Part("Package", Encoding.UTF8.GetBytes("<MigrationPackage xmlns=\"urn:tpm-migration:package:1\" version=\"1\"/>"))),
            new XElement(Ns + "Query", Part("Token", token), Part("PackageId", Guid.NewGuid()), Part("After", $"00:{Guid.NewGuid():D}"), Part("Most", 3)),
            new XElement(Ns + "Query", Part("Token", token), Part("Client", "00"), Part("Approved", true), Part("Approval", Encoding.UTF8.GetBytes(SampleDocuments.Selection))),
            new XElement(Ns + "Download", Part("Token", token), Part("PackageId", Guid.NewGuid()), Part("Client", "00"), Part("ToEndorsementKey", true), Part("Approval", Encoding.UTF8.GetBytes(SampleDocuments.Selection))),
            new XElement(Ns + "Delete", Part("Token", token), Part("PackageId", Guid.NewGuid())),
        ];
        return [.. messages.SelectMany(message => new[] { (Soap11, (byte)0), (Soap12, (byte)1) }.Select(version =>
            (byte[])[version.Item2, .. Encoding.UTF8.GetBytes(Envelope(version.Item1, new XElement(message)).ToString(SaveOptions.DisableFormatting))]))];
    }

    public override byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        byte version = random.Next(30) == 0 ? (byte)random.Next(2) : input[0];
        XElement? message = random.Next(5) == 0 ? null : XmlMutator.Parse(input[1..]);
        if (message == null) return [version, .. XmlMutator.MutateText(random, input[1..], other[1..])];
        XmlMutator.Mutate(random, message, XmlMutator.Parse(other[1..]) ?? message);
        return [version, .. XmlMutator.Write(message) ?? input[1..]];
    }

    public override string Run(byte[] input)
    {
        if (input.Length == 0) return "no input";
        SoapVersion version = input[0] % 2 == 0 ? SoapVersion.Soap11 : SoapVersion.Soap12;
        byte[] message = input[1..];
        string beginning = Outcome.Of("beginning", () => SoapRequestReader.ReadBeginning(message, version).Operation.ToString(), typeof(AuthorityException));
        return beginning + "; " + Outcome.Of("message", () => Answer(message, version), typeof(AuthorityException));
    }

    public void Dispose()
    {
        _service.Dispose();
        _limiter.Dispose();
        _metrics.Dispose();
        _database.Dispose();
        _keys.Dispose();
        _folder.Dispose();
    }

    private string Answer(byte[] message, SoapVersion version)
    {
        try
        {
            SoapRequest request = SoapRequestReader.Read(message, version);
            // Else each answer to a challenge but the first would end at once.
            if (request.Operation == MigrationOperation.CompleteAuthentication) _database.Write(transaction => transaction.Execute("DELETE FROM used_challenge"));
            return SoapResponse.Of(version, _service.Answer(request, "fuzz", new RequestNote())).Status + " " + request.Operation;
        }
        catch (AuthorityException e)
        {
            // A fault, too, must be one that can be written and read.
            _ = XElement.Parse(Encoding.UTF8.GetString(SoapResponse.Of(version, e).Content.Span));
            throw;
        }
    }
}
