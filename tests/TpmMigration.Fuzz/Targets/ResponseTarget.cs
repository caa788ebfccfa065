using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Authorities;
using TpmMigration.Documents;
using TpmMigration.Fuzz.Engine;
using TpmMigration.Fuzz.Mutation;
using TpmMigration.Migration;
using TpmMigration.Recovery;
using TpmMigration.Signatures;
using TpmMigration.Tests.Packages;
using TpmMigration.Tpm;
using TpmMigration.Transport;

namespace TpmMigration.Fuzz.Targets;

/// <summary>
/// What comes from TPMs: answers to each command, bare or in frames with and without sessions, structures by themselves, and the documents
/// about destinations and approvals. An input is a number of the reader, the <see cref="AnswerForm"/>, and what is read.
/// </summary>
public sealed class ResponseTarget : FuzzTarget
{
    private const int Prefix = 2;

    /// <summary>The number of the first reader that reads no command's answer; new commands leave it where it is.</summary>
    private const int FirstOther = 128;

    private static readonly int s_forms = Enum.GetValues<AnswerForm>().Length;
    private static readonly Type[] s_answers = [typeof(TpmException), typeof(TpmWireException), typeof(UnsupportedAlgorithmException), typeof(TpmTransportException)];

    private readonly IReadOnlyList<CommandFeed> _commands = CommandFeeds.All();
    private readonly (string Name, Func<byte[], string> Read, byte[] Seed)[] _others;

    public ResponseTarget()
    {
        var signature = new TpmtSignature(TpmAlgId.EcDsa, TpmAlgId.Sha256, SamplePackages.Bytes(1, 32), SamplePackages.Bytes(2, 32));
        _others =
        [
            ("TpmtPublic", b => PublicAreaUse.Words(TpmtPublic.Unmarshal(b)), SamplePackages.Parent.Marshal()),
            ("TPM2B_PUBLIC", b => PublicAreaUse.Words(TpmtPublic.UnmarshalSized(b)), SampleDocuments.Destination.EndorsementKey!.MarshalSized()),
            ("TpmsAttest", b => TpmsAttest.Unmarshal(b).Attested is TpmsCertifyInfo { Name.Length: 34 } ? "a name" : "no name", SampleDocuments.Destination.Certification!.Statement),
            ("TpmsCreationData", b => TpmsCreationData.Unmarshal(b).ParentName.Length == 34 ? "a name" : "no name", SampleCertifications.CreationData),
            ("TpmtSignature", b => CommandFeeds.Words(TpmtSignature.Unmarshal(b)), signature.Marshal()),
            ("TpmtTicket", b => TpmtTicket.Unmarshal(b).Marshal().AsSpan().SequenceEqual(b) ? "read" : throw new InvalidOperationException("A ticket is another one when it was written."), TpmtTicket.NullHashCheck.Marshal()),
            ("destination", b => Destination(Encoding.UTF8.GetString(b)), Encoding.UTF8.GetBytes(DestinationDocument.Write(SampleDocuments.Destination))),
            ("approval", b => Approval(Encoding.UTF8.GetString(b)), Encoding.UTF8.GetBytes(ApprovalDocument.Write(SampleDocuments.ApprovalOf(SamplePackages.Family())))),
            ("trust", b => TrustRegisterXml.Read(Encoding.UTF8.GetString(b)).Count == 2 ? "two" : "other", Encoding.UTF8.GetBytes(TrustRegisterXml.Write(SampleDocuments.TrustEntries))),
            ("selection", b => Selection(Encoding.UTF8.GetString(b)), Encoding.UTF8.GetBytes(SampleDocuments.Selection)),
            ("release", b => Hex.Format(ReleaseDocument.Read(Encoding.UTF8.GetString(b)).DestinationName).Length == 68 ? "a name" : "no name", Encoding.UTF8.GetBytes(SampleDocuments.Release)),
            ("receipt", b => Receipt(Encoding.UTF8.GetString(b)), Encoding.UTF8.GetBytes(SampleDocuments.Receipt)),
            ("authority key", b => AuthorityKey(Encoding.UTF8.GetString(b)), Encoding.UTF8.GetBytes(SampleDocuments.AuthorityKey)),
            ("service answer", ServiceAnswers.Read, ServiceAnswers.Page),
            ("service answer", ServiceAnswers.Read, ServiceAnswers.Fault),
            ("service answer", ServiceAnswers.Read, ServiceAnswers.Token),
            ("service answer", ServiceAnswers.Read, ServiceAnswers.Key),
        ];
    }

    public override string Name => "response";

    public override IReadOnlyList<byte[]> Seeds() =>
    [
        .. _commands.SelectMany((feed, i) => Enumerable.Range(0, s_forms).Select(form => (byte[])[(byte)i, (byte)form, .. (AnswerForm)form == AnswerForm.Frame ? feed.SeedFrame() : feed.Seed])),
        .. _others.Select((other, i) => (byte[])[(byte)(FirstOther + i), 0, .. other.Seed]),
    ];

    public override byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        byte[] content = input[Prefix..], otherContent = other[Prefix..];
        byte reader = random.OnceIn(30) ? (byte)random.Next(256) : input[0];
        byte form = random.OnceIn(10) ? (byte)random.Next(s_forms) : input[1];
        byte[] changed = content.Length > 0 && content[0] == '<' ? MutateDocument(random, content, otherContent) : WireMutator.Mutate(random, content, otherContent);
        if ((AnswerForm)form == AnswerForm.Frame && reader < FirstOther && random.Next(4) != 0) CommandFeed.MendSize(changed);
        return [reader, form, .. changed];
    }

    public override string Run(byte[] input)
    {
        if (input.Length < Prefix) return "no input";
        byte[] content = input[Prefix..];
        if (input[0] < FirstOther)
        {
            CommandFeed feed = _commands[input[0] % _commands.Count];
            var form = (AnswerForm)(input[1] % s_forms);
            return Outcome.Of($"{feed.Name}, {form}", () => feed.Run(content, form), s_answers);
        }
        (string name, Func<byte[], string> read, _) = _others[(input[0] - FirstOther) % _others.Length];
        return Outcome.Of(name, () => read(content), name switch
        {
            "destination" => [typeof(DestinationException), typeof(SignatureException)],
            "service answer" => [typeof(MaServiceException), typeof(DestinationException), typeof(SignatureException)],
            "approval" or "selection" => [typeof(ApprovalException)],
            "release" => [typeof(RecoveryException), typeof(SignatureException)],
            "receipt" => [typeof(ReceiptException), typeof(SignatureException)],
            "authority key" => [typeof(DestinationException), typeof(SignatureException)],
            "trust" => [typeof(DocumentFormatException), typeof(DocumentLimitException)],
            _ => [typeof(TpmWireException), typeof(UnsupportedAlgorithmException)],
        });
    }

    private static string Destination(string text)
    {
        MigrationDestination destination = DestinationDocument.Read(text);
        DestinationVerdict verdict = DestinationExaminer.Examine(destination, []);
        return $"{verdict.EndorsementCertificate}, {verdict.ParentCertification}";
    }

    private static string Approval(string text)
    {
        MigrationApproval approval = ApprovalDocument.Read(text);
        return ApprovalDocument.Write(approval).Length > 0 && approval is OwnerApproval { Ticket: not null } ? "with a ticket" : "without a ticket";
    }

    /// <summary>An authority's approval is weighed against a package too.</summary>
    private static string Selection(string text)
    {
        MigrationApproval approval = ApprovalDocument.Read(text);
        if (approval is not SelectionApproval { Authority.TpmName: var authority } selection) return "an owner's";
        try
        {
            ReleaseApprovals.Require(SamplePackages.Family(), selection.DestinationName, selection.DestinationHost, [selection], selection.NotBefore);
            return "enough, by " + authority.Length;
        }
        catch (ApprovalException e)
        {
            return $"{e.Fault}, by {authority.Length}";
        }
    }

    /// <summary>A receipt's statements are weighed too.</summary>
    private static string Receipt(string text)
    {
        MigrationReceipt receipt = ReceiptDocument.Read(text);
        IEnumerable<string> proofs = receipt.Keys.Take(4).Where(key => key.Proof != null).Select(key => Outcome.Shape(ReceiptProofs.Contradiction(receipt, key.TpmName, key.Proof!) ?? "proven"));
        return string.Join("; ", proofs.Distinct());
    }

    private static string AuthorityKey(string text)
    {
        MigrationDestination destination = AuthorityKeyDocument.Read(text).ToDestination();
        return DestinationDocument.Read(DestinationDocument.Write(destination)).Parent.Symmetric.KeyBits == 128 ? "of 128 bits" : "of other bits";
    }

    private static byte[] MutateDocument(Random random, byte[] input, byte[] other)
    {
        XElement? document = random.OnceIn(5) ? null : XmlMutator.Parse(input);
        if (document == null) return XmlMutator.MutateText(random, input, other);
        XmlMutator.Mutate(random, document, XmlMutator.Parse(other) ?? document);
        // Signed anew, or no change would be seen by anything behind the signature.
        if (document.Name.LocalName is "MigrationReceipt" or "MigrationApproval" or "RecoveryRelease" or "MigrationAuthorityKey" && random.Next(4) != 0) SampleDocuments.SignAnew(document);
        return XmlMutator.Write(document) ?? input;
    }
}
