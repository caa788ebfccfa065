using System;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>
/// Reads the key in an endorsement certificate and steps over all the rest without looking into it, so that faults there (numbers and flags
/// that are not in DER, a wrong length outside) do not matter. RFC 5280, 4.1; keys of RFC 3279 and, for RSAES-OAEP, RFC 4055.
/// </summary>
internal sealed class EndorsementCertificateKey
{
    private const byte Integer = 0x02, BitString = 0x03, ObjectIdentifier = 0x06, Sequence = 0x30, Version = 0xA0;

    private const string Rsa = "2a864886f70d010101", RsaOaep = "2a864886f70d010107", Ecc = "2a8648ce3d0201";
    private const string P256 = "2a8648ce3d030107", P384 = "2b81040022";

    private readonly byte[] _data;
    private readonly int _end;
    private int _at;

    private EndorsementCertificateKey(byte[] data, int at, int end) => (_data, _at, _end) = (data, at, end);

    /// <param name="der">The certificate.</param>
    /// <exception cref="DestinationException">There is no certificate, or no key that can be read.</exception>
    internal static AsymmetricPublic Read(byte[] der)
    {
        EndorsementCertificateKey body = new EndorsementCertificateKey(der, 0, der.Length).Enter(Sequence, clip: true).Enter(Sequence);
        if (body.Tag == Version) body.Take(Version);
        body.Take(Integer); // serial number
        for (int skipped = 0; skipped < 4; skipped++) body.Take(Sequence); // signature, issuer, validity, subject
        EndorsementCertificateKey info = body.Enter(Sequence);
        EndorsementCertificateKey algorithm = info.Enter(Sequence);
        string kind = Hex.Format(algorithm.Take(ObjectIdentifier));
        byte[] bits = info.Take(BitString);
        if (bits.Length < 2 || bits[0] != 0) throw Unreadable();
        try
        {
            return kind switch
            {
                // Some name RSAES-OAEP, with parameters that say nothing of the key; the bits are those of any RSA key.
                Rsa or RsaOaep => RsaOf(new EndorsementCertificateKey(bits, 1, bits.Length).Enter(Sequence)),
                Ecc => EccOf(algorithm.Tag == ObjectIdentifier ? Hex.Format(algorithm.Take(ObjectIdentifier)) : string.Empty, bits),
                _ => throw Unsupported(),
            };
        }
        catch (ArgumentException)
        {
            throw Unreadable();
        }
    }

    private static RsaPublic RsaOf(EndorsementCertificateKey numbers)
    {
        byte[] modulus = Unsigned(numbers.Take(Integer)), exponent = Unsigned(numbers.Take(Integer));
        if (exponent.Length is 0 or > 4) throw Unsupported();
        uint value = 0;
        foreach (byte b in exponent) value = (value << 8) | b;
        return new RsaPublic(modulus, value);
    }

    private static EccPublic EccOf(string curveName, byte[] bits)
    {
        TpmEccCurve curve = curveName switch
        {
            P256 => TpmEccCurve.NistP256,
            P384 => TpmEccCurve.NistP384,
            _ => throw Unsupported(),
        };
        int size = EccCurve.Get(curve).Size;
        // 0: no unused bits; 4: both coordinates follow.
        if (bits.Length != 2 + 2 * size || bits[1] != 4) throw Unreadable();
        var key = new EccPublic(curve, Part(bits, 2, size), Part(bits, 2 + size, size));
        return EccCurve.Get(curve).Holds(key) ? key : throw Unreadable();
    }

    private byte Tag => _at < _end ? _data[_at] : (byte)0;

    private EndorsementCertificateKey Enter(byte tag, bool clip = false)
    {
        (int start, int end) = Next(tag, clip);
        return new EndorsementCertificateKey(_data, start, end);
    }

    private byte[] Take(byte tag)
    {
        (int start, int end) = Next(tag, clip: false);
        return Part(_data, start, end - start);
    }

    private (int Start, int End) Next(byte tag, bool clip)
    {
        if (Tag != tag || _end - _at < 2) throw Unreadable();
        int length = _data[_at + 1], start = _at + 2;
        if (length >= 0x80)
        {
            int count = length & 0x7F;
            if (count is 0 or > 3 || _end - start < count) throw Unreadable();
            length = 0;
            for (; count > 0; count--) length = (length << 8) | _data[start++];
        }
        // A wrong size of the whole is passed over, since the parts have sizes of their own.
        if (length > _end - start) length = clip ? _end - start : throw Unreadable();
        _at = start + length;
        return (start, _at);
    }

    private static byte[] Unsigned(byte[] number)
    {
        int zeros = 0;
        while (zeros < number.Length && number[zeros] == 0) zeros++;
        return Part(number, zeros, number.Length - zeros);
    }

    private static byte[] Part(byte[] data, int start, int length)
    {
        byte[] part = new byte[length];
        Buffer.BlockCopy(data, start, part, 0, length);
        return part;
    }

    private static DestinationException Unreadable() => new(
        DestinationFault.CertificateUnreadable, "This is no endorsement certificate, or one whose key cannot be read. Get it anew from the TPM or its manufacturer.");

    internal static DestinationException Unsupported() => new(
        DestinationFault.EndorsementKeyUnsupported,
        "The key in the certificate is none of those that endorsement keys are by default: RSA 2048 or 3072, or ECC P-256 or P-384. Have the machine make a destination document with Get-TpmMigrationDestination.");
}
