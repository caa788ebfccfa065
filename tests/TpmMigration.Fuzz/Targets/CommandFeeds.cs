using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Tests.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Fuzz.Targets;

/// <summary>Every command of the engine, with a right answer to begin from.</summary>
internal static class CommandFeeds
{
    private static readonly TpmtPublic s_public = SamplePackages.Parent;
    private static readonly TpmHandle s_key = new(0x80000001, s_public.Name);
    private static readonly byte[] s_32 = SamplePackages.Bytes(1, 32);
    private static readonly TpmsPcrSelection[] s_pcrs = [new(TpmAlgId.Sha256, [0, 7])];
    private static readonly TpmtTicket s_ticket = new(TpmSt.AuthSecret, 0x40000001, SamplePackages.Bytes(2, 32));
    private static readonly TpmtSignature s_signature = new(TpmAlgId.EcDsa, TpmAlgId.Sha256, s_32, s_32);

    internal static IReadOnlyList<CommandFeed> All() =>
    [
        Feed(new GetRandom { BytesRequested = 16 }, w => w.WriteTpm2b(s_32), Bytes),
        Feed(new GetCapability { Capability = TpmCap.TpmProperties, Property = 0x100, PropertyCount = 2 }, Properties, r => $"{Count(r.Values.Count)} values"),
        Device(new GetCapability { Capability = TpmCap.Handles, Property = 0, PropertyCount = 1 }, "GetHandles", Handles, d => Count(d.GetHandles(0x81000000).Count)),
        Device(new GetCapability { Capability = TpmCap.TpmProperties, Property = 0, PropertyCount = 1 }, "GetProperties", Properties, d => Count(d.GetProperties((TpmPt)0x100, 2).Count)),
        Feed(new NvReadPublic { NvIndex = 0x01C00002 }, NvPublic, r => r.NvPublic.CanBeReadWithItsOwnAuth ? "readable" : "not readable"),
        Feed(new NvRead { AuthHandle = s_key, NvIndex = s_key, Size = 32, Offset = 0 }, w => w.WriteTpm2b(s_32), Bytes),
        Feed(new Create { ParentHandle = s_key, InSensitive = new TpmsSensitiveCreate([], []), InPublic = s_public }, Created, r => PublicAreaUse.Words(r.OutPublic)),
        Feed(new CreatePrimary { PrimaryHandle = TpmHandle.Owner, InPublic = s_public }, Primary, Object),
        Feed(new Load { ParentHandle = s_key, InPrivate = s_32, InPublic = s_public }, w => w.WriteTpm2b(s_public.Name), Object),
        Feed(new LoadExternal { InPublic = s_public, Hierarchy = TpmHandle.Owner }, w => w.WriteTpm2b(s_public.Name), Object),
        Feed(new ReadPublic { ObjectHandle = 0x81000001 }, ReadPublicAnswer, Object),
        Feed(new ActivateCredential { ActivateHandle = s_key, KeyHandle = s_key, CredentialBlob = s_32, Secret = s_32 }, w => w.WriteTpm2b(s_32), Bytes),
        Feed(new MakeCredential { Handle = s_key, Credential = s_32, ObjectName = s_key.Name }, Two, r => Bytes(r.Secret)),
        Feed(new Unseal { ItemHandle = s_key }, w => w.WriteTpm2b(s_32), Bytes),
        Feed(new Duplicate { ObjectHandle = s_key, NewParentHandle = s_key }, Three, r => Bytes(r.OutPrivate)),
        Feed(new Rewrap { OldParent = s_key, NewParent = s_key, InDuplicate = s_32, Name = s_key.Name, InSymSeed = s_32 }, Two, r => Bytes(r.OutDuplicate)),
        Feed(new Import { ParentHandle = s_key, ObjectPublic = s_public, Duplicate = s_32, InSymSeed = s_32 }, w => w.WriteTpm2b(s_32), Bytes),
        Feed(new RsaDecrypt { KeyHandle = s_key, CipherText = s_32 }, w => w.WriteTpm2b(s_32), Bytes),
        Feed(new EcdhZGen { KeyHandle = s_key, InPoint = s_public.Point! }, Point, r => Bytes(r.X)),
        Feed(new Certify { ObjectHandle = s_key, SignHandle = s_key }, w => { w.WriteTpm2b(s_32); s_signature.Write(w); }, r => Words(r.Signature)),
        Feed(
            new CertifyCreation { SignHandle = s_key, ObjectHandle = s_key, CreationHash = s_32, CreationTicket = s_ticket },
            w => { w.WriteTpm2b(s_32); s_signature.Write(w); },
            r => Words(r.Signature)),
        Feed(new VerifySignature { KeyHandle = s_key, Digest = s_32, Signature = s_signature }, s_ticket.Write, r => r.IsNull ? "null" : "ticket"),
        Feed(new Sign { KeyHandle = s_key, Digest = s_32 }, s_signature.Write, Words),
        Feed(new PolicyGetDigest { PolicySession = s_key }, w => w.WriteTpm2b(s_32), Bytes),
        Feed(new PolicySecret { AuthHandle = TpmHandle.Owner, PolicySession = s_key }, TimeoutAndTicket, r => r.PolicyTicket.IsNull ? "null" : "ticket"),
        Feed(new PolicySigned { AuthObject = s_key, PolicySession = s_key, Auth = s_signature }, TimeoutAndTicket, r => r.PolicyTicket.IsNull ? "null" : "ticket"),
        Feed(new PolicyRestart { PolicySession = s_key }, _ => { }, _ => "done"),
        Feed(new FlushContext { FlushHandle = 0x80000000 }, _ => { }, _ => "done"),
        Feed(new EvictControl { Auth = TpmHandle.Owner, ObjectHandle = s_key, PersistentHandle = 0x81000001 }, _ => { }, _ => "done"),
        Device(
            new StartAuthSession { NonceCaller = s_32, SessionType = TpmSe.Hmac, Symmetric = TpmtSymDef.Null, AuthHash = TpmAlgId.Sha256 },
            "TpmSession.Start",
            w => w.WriteTpm2b(s_32),
            device =>
            {
                using TpmSession session = TpmSession.Start(device, TpmSe.Hmac, bind: s_key, bindAuth: s_32);
                return Bytes(session.NonceTpm);
            }),
        Device(new PcrRead { PcrSelectionIn = s_pcrs }, "PlatformPcrs.Read", Pcrs, d => Count(PlatformPcrs.Read(d, s_pcrs).Count)),
    ];

    /// <summary>A signature, held against a key as it would be.</summary>
    internal static string Words(TpmtSignature signature)
    {
        if (!TpmtSignature.Unmarshal(signature.Marshal()).R.AsSpan().SequenceEqual(signature.R)) throw new InvalidOperationException("A signature is another one when it was written and read.");
        byte[] digest = TpmHash.Digest(signature.Hash, s_32);
        return s_signer.Verifies(digest, signature) ? "verifies" : "does not verify";
    }

    private static readonly TpmtPublic s_signer = SampleCertifications.Of(s_public).AttestationKey;

    private static CommandFeed Feed<T>(TpmCommand<T> command, Action<TpmWriter> seed, Func<T, string> words) => new(
        command.Code.ToString(), TpmWriter.Write(seed), command.LoadsHandle, command.AuthorizedHandles, (tpm, device, form) =>
        {
            TpmAuthorization[] uses = Uses(device, form, command.AuthorizedHandles);
            tpm.Feed(command);
            return words(device.Execute(command, uses));
        });

    private static CommandFeed Device<T>(TpmCommand<T> command, string name, Action<TpmWriter> seed, Func<TpmDevice, string> use) => new(
        name, TpmWriter.Write(seed), command.LoadsHandle, 0, (tpm, device, _) =>
        {
            tpm.Feed(command);
            return use(device);
        });

    private static TpmAuthorization[] Uses(TpmDevice device, AnswerForm form, int count)
    {
        if (form is AnswerForm.Frame or AnswerForm.Parameters) return Enumerable.Repeat(TpmAuthorization.Empty, count).ToArray();
        TpmSession session = TpmSession.Start(device, TpmSe.Hmac);
        TpmaSession parameters = form == AnswerForm.EncryptedSession ? TpmaSession.Encrypt : TpmaSession.None;
        TpmAuthorization use = count == 0 ? session.Protect(parameters) : session.Authorize([], parameters);
        return [use, .. Enumerable.Repeat(TpmAuthorization.Empty, Math.Max(0, count - 1))];
    }

    private static string Bytes(byte[] bytes) => bytes.Length == 0 ? "empty" : "bytes";

    private static string Count(int count) => count switch { 0 => "no", 1 => "one", _ => "several" };

    private static string Object(TpmObject loaded) => PublicAreaUse.Words(loaded.PublicArea);

    private static void Properties(TpmWriter writer)
    {
        writer.WriteU8(1);
        foreach (uint value in new uint[] { (uint)TpmCap.TpmProperties, 2, 0x100, 1, 0x101, 2 }) writer.WriteU32(value);
    }

    private static void Handles(TpmWriter writer)
    {
        writer.WriteU8(0);
        foreach (uint value in new uint[] { (uint)TpmCap.Handles, 2, 0x81000001, 0x81000002 }) writer.WriteU32(value);
    }

    private static void Pcrs(TpmWriter writer)
    {
        writer.WriteU32(7);
        TpmsPcrSelection.WriteList(writer, s_pcrs);
        writer.WriteU32(2);
        writer.WriteTpm2b(s_32);
        writer.WriteTpm2b(s_32);
    }

    private static void NvPublic(TpmWriter writer)
    {
        using (writer.PushTpm2b())
        {
            writer.WriteU32(0x01C00002);
            writer.WriteAlg(TpmAlgId.Sha256);
            writer.WriteU32(0x20040000);
            writer.WriteTpm2b([]);
            writer.WriteU16(100);
        }
        writer.WriteTpm2b(s_public.Name);
    }

    private static void Created(TpmWriter writer)
    {
        writer.WriteTpm2b(s_32);
        writer.WriteTpm2b(s_public.Marshal());
        Two(writer);
        s_ticket.Write(writer);
    }

    private static void Primary(TpmWriter writer)
    {
        writer.WriteTpm2b(s_public.Marshal());
        Two(writer);
        s_ticket.Write(writer);
        writer.WriteTpm2b(s_public.Name);
    }

    private static void ReadPublicAnswer(TpmWriter writer)
    {
        writer.WriteTpm2b(s_public.Marshal());
        writer.WriteTpm2b(s_public.Name);
        writer.WriteTpm2b(s_public.Name);
    }

    private static void Two(TpmWriter writer)
    {
        writer.WriteTpm2b(s_32);
        writer.WriteTpm2b(s_32);
    }

    private static void Three(TpmWriter writer)
    {
        writer.WriteTpm2b([]);
        Two(writer);
    }

    private static void Point(TpmWriter writer)
    {
        using (writer.PushTpm2b())
            Two(writer);
    }

    private static void TimeoutAndTicket(TpmWriter writer)
    {
        writer.WriteTpm2b(SamplePackages.Bytes(3, 16));
        s_ticket.Write(writer);
    }
}
