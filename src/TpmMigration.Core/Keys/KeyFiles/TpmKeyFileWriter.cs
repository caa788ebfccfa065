using System.Collections.Generic;
using System.Linq;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Math;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>TPMKey as DER.</summary>
internal static class TpmKeyFileWriter
{
    public static byte[] Write(TpmKeyFile key)
    {
        var fields = new Asn1EncodableVector { new DerObjectIdentifier("2.23.133.10.1." + (int)key.Kind) };
        void Optional(int number, Asn1Encodable? value)
        {
            if (value != null) fields.Add(new DerTaggedObject(true, number, value));
        }

        Optional(0, key.EmptyAuth is { } empty ? DerBoolean.GetInstance(empty) : null);
        Optional(1, key.Policy is { } policy ? Steps(policy) : null);
        Optional(2, key.Secret is { } secret ? new DerOctetString(secret) : null);
        Optional(3, key.AuthPolicies is { } policies ? AuthPolicies(policies) : null);
        Optional(4, key.Description is { } description ? new DerUtf8String(description) : null);
        Optional(5, key.RsaParent is { } rsaParent ? DerBoolean.GetInstance(rsaParent) : null);
        fields.Add(new DerInteger(BigInteger.ValueOf(key.Parent)));
        fields.Add(new DerOctetString(key.Public));
        fields.Add(new DerOctetString(key.Private));
        return new DerSequence(fields).GetDerEncoded();
    }

    public static DerSequence AuthPolicies(IEnumerable<TpmAuthPolicy> policies) =>
        new(policies.Select(one =>
        {
            var fields = new Asn1EncodableVector();
            if (one.Name != null) fields.Add(new DerTaggedObject(true, 0, new DerUtf8String(one.Name)));
            fields.Add(new DerTaggedObject(true, 1, Steps(one.Steps)));
            return (Asn1Encodable)new DerSequence(fields);
        }).ToArray());

    private static DerSequence Steps(IEnumerable<PolicyStep> steps) =>
        new(steps.Select(step => (Asn1Encodable)new DerSequence(
            new DerTaggedObject(true, 0, new DerInteger(BigInteger.ValueOf(step.CommandCode))),
            new DerTaggedObject(true, 1, new DerOctetString(step.CommandPolicy)))).ToArray());
}
