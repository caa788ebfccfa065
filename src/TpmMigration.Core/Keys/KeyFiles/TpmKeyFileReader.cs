using System.Collections.Generic;
using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>TPMKey from DER. The counterpart of <see cref="TpmKeyFileWriter"/>: what one accepts is byte for byte what the other writes.</summary>
internal static class TpmKeyFileReader
{
    /// <summary>id-tpmkey (2.23.133.10.1); one more arc tells the kind.</summary>
    private static readonly byte[] TpmKeyArc = { 0x67, 0x81, 0x05, 0x0A, 0x01 };

    public static TpmKeyFile Read(byte[] der)
    {
        var outer = new DerCursor(der);
        DerCursor key = outer.Enter(DerCursor.Sequence, "The key");
        outer.Finish("The file");

        TpmKeyFileKind kind = ReadKind(key);
        bool? emptyAuth = null, rsaParent = null;
        IReadOnlyList<PolicyStep>? policy = null;
        IReadOnlyList<TpmAuthPolicy>? authPolicies = null;
        byte[]? secret = null;
        string? description = null;

        int last = -1;
        while ((key.PeekTag() & 0xE0) == 0xA0)
        {
            int number = key.PeekTag() & 0x1F;
            CheckOrder(number, last, key.Position);
            last = number;
            string what = $"field [{number}]";
            DerCursor field = key.Enter(DerCursor.Explicit(number), what);
            switch (number)
            {
                case 0: emptyAuth = field.ReadBoolean("emptyAuth"); break;
                case 1: policy = ReadSteps(field, "policy"); break;
                case 2: secret = ReadTpm2b(field, "secret"); break;
                case 3: authPolicies = ReadAuthPolicies(field); break;
                case 4: description = field.ReadUtf8("description"); break;
                default: rsaParent = field.ReadBoolean("rsaParent"); break;
            }
            field.Finish(what);
        }
        if ((secret != null) != (kind == TpmKeyFileKind.Importable))
            throw new KeyFileException(KeyFileFault.UnexpectedField, secret is null
                ? $"The importable key has no secret (field [2]), so it cannot be imported. {DerCursor.Advice}"
                : $"A key of kind {kind} has no secret, but field [2] is there. {DerCursor.Advice}");

        int parentAt = key.Position;
        uint parent = key.ReadUInt32("parent");
        if (parent != 0 && parent >> 24 is not (0x40 or 0x81))
            throw new KeyFileException(KeyFileFault.BadValue, $"The parent 0x{parent:x8} (byte {parentAt}) is neither a hierarchy (0x40......) nor a persistent handle (0x81......). "
                + "Make the parent persistent and create the file anew.");
        byte[] publicArea = ReadTpm2b(key, "pubkey");
        byte[] privateArea = ReadTpm2b(key, "privkey");
        key.Finish("The key");

        return new TpmKeyFile
        {
            Kind = kind,
            EmptyAuth = emptyAuth,
            Policy = policy,
            Secret = secret,
            AuthPolicies = authPolicies,
            Description = description,
            RsaParent = rsaParent,
            Parent = parent,
            Public = publicArea,
            Private = privateArea,
        };
    }

    /// <summary>SEQUENCE OF TPMAuthPolicy, which is also the form of the policy line before the PEM block.</summary>
    public static IReadOnlyList<TpmAuthPolicy> ReadAuthPolicies(DerCursor field)
    {
        DerCursor list = field.Enter(DerCursor.Sequence, "authPolicy");
        var policies = new List<TpmAuthPolicy>();
        while (!list.AtEnd)
        {
            DerCursor one = list.Enter(DerCursor.Sequence, "TPMAuthPolicy");
            string? name = null;
            if (one.PeekTag() == DerCursor.Explicit(0))
            {
                DerCursor inner = one.Enter(DerCursor.Explicit(0), "policy name");
                name = inner.ReadUtf8("policy name");
                inner.Finish("policy name");
            }
            DerCursor steps = one.Enter(DerCursor.Explicit(1), "policy of an authPolicy");
            policies.Add(new TpmAuthPolicy(name, ReadSteps(steps, "policy of an authPolicy")));
            steps.Finish("policy of an authPolicy");
            one.Finish("TPMAuthPolicy");
        }
        return policies;
    }

    private static TpmKeyFileKind ReadKind(DerCursor key)
    {
        byte[] oid = key.ReadBytes(DerCursor.ObjectIdentifier, "type");
        if (oid.Length == TpmKeyArc.Length + 1 && oid.Take(TpmKeyArc.Length).SequenceEqual(TpmKeyArc) && oid[^1] is >= 3 and <= 5)
            return (TpmKeyFileKind)oid[^1];
        throw new KeyFileException(KeyFileFault.UnknownKind, "The object identifier is not that of a loadable, importable or sealed TPM key (2.23.133.10.1.3 to .5). "
            + "Give a key file made for TPM 2.0; files of older programs with other identifiers have to be converted first.");
    }

    private static void CheckOrder(int number, int last, int at)
    {
        if (number > 5)
            throw new KeyFileException(KeyFileFault.UnexpectedField, $"Field [{number}] (byte {at}) is not known. The file was made for a newer version of the format; update this program.");
        if (number <= last)
            throw new KeyFileException(KeyFileFault.UnexpectedField, $"Field [{number}] (byte {at}) is {(number == last ? "there twice" : $"after [{last}], out of order")}. {DerCursor.Advice}");
    }

    private static List<PolicyStep> ReadSteps(DerCursor field, string what)
    {
        DerCursor list = field.Enter(DerCursor.Sequence, what);
        var steps = new List<PolicyStep>();
        while (!list.AtEnd)
        {
            DerCursor step = list.Enter(DerCursor.Sequence, "TPMPolicy");
            DerCursor code = step.Enter(DerCursor.Explicit(0), "commandCode");
            uint commandCode = code.ReadUInt32("commandCode");
            code.Finish("commandCode");
            DerCursor body = step.Enter(DerCursor.Explicit(1), "commandPolicy");
            byte[] commandPolicy = body.ReadBytes(DerCursor.OctetString, "commandPolicy");
            body.Finish("commandPolicy");
            step.Finish("TPMPolicy");
            steps.Add(new PolicyStep(commandCode, commandPolicy));
        }
        return steps;
    }

    private static byte[] ReadTpm2b(DerCursor key, string what)
    {
        int at = key.Position;
        byte[] value = key.ReadBytes(DerCursor.OctetString, what);
        if (value.Length < 3) throw new KeyFileException(KeyFileFault.SizeMismatch, $"{what} (byte {at}) is empty. {DerCursor.Advice}");
        int stated = (value[0] << 8) | value[1];
        if (stated != value.Length - 2)
            throw new KeyFileException(KeyFileFault.SizeMismatch, $"{what} (byte {at}) states {stated} bytes and has {value.Length - 2}. {DerCursor.Advice}");
        return value;
    }
}
