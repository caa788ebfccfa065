using System;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Crypto;

/// <summary>The key of a secret sharing vector: a TPMT_PUBLIC and a TPMT_SENSITIVE, RSA or ECC.</summary>
internal sealed class VectorKey
{
    private const ushort Null = 0x0010;

    public VectorKey(byte[] publicArea, byte[] sensitiveArea)
    {
        WireFields fields = new(publicArea);
        TpmAlgId type = (TpmAlgId)fields.UInt16();
        NameAlg = (TpmAlgId)fields.UInt16();
        fields.UInt32();
        fields.Sized();
        if (fields.UInt16() != Null)
        {
            SymmetricKeyBits = fields.UInt16();
            fields.UInt16();
        }

        TpmAlgId? schemeHash = fields.UInt16() != Null ? (TpmAlgId)fields.UInt16() : null;
        WireFields sensitive = new(sensitiveArea);
        sensitive.UInt16();
        sensitive.Sized();
        sensitive.Sized();
        byte[] secret = sensitive.Sized();
        if (type == TpmAlgId.Rsa)
        {
            fields.UInt16();
            uint exponent = fields.UInt32();
            RsaPublic rsa = new(fields.Sized(), exponent);
            Private = new RsaPrivate(rsa, secret);
            SharingHash = schemeHash ?? NameAlg;
        }
        else
        {
            TpmEccCurve curve = (TpmEccCurve)fields.UInt16();
            if (fields.UInt16() != Null)
            {
                throw new FormatException("A vector names a KDF scheme, which no vector is expected to.");
            }

            EccPublic ecc = new(curve, fields.Sized(), fields.Sized());
            Private = new EccPrivate(ecc, secret);
            SharingHash = NameAlg;
        }

        if (!fields.AtEnd || !sensitive.AtEnd)
        {
            throw new FormatException("A vector's key has bytes left over.");
        }
    }

    public TpmAlgId NameAlg { get; }

    public TpmAlgId SharingHash { get; }

    public int SymmetricKeyBits { get; }

    public AsymmetricPrivate Private { get; }
}
