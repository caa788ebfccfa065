#if NET
using System;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace TpmMigration.Tpm;

/// <summary>
/// The OpenSSL 3 that .NET itself uses on Linux, without .NET's own check of each point that comes in, which takes longer than the agreement: callers have
/// checked that points are on the curve, and the curves have no other points.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class OpenSslEccEngine : IEccEngine
{
    private const int P256 = 415, P384 = 715, P521 = 716, Success = 1;

    private readonly ConcurrentDictionary<TpmEccCurve, nint> _groups = new();

    public EccPrivate NewKey(TpmEccCurve curve)
    {
        byte[] scalar = EccCurve.Get(curve).NewScalar(SecretBytes.Fill);
        try
        {
            return KeyOf(curve, scalar);
        }
        finally
        {
            SecretBytes.Clear(scalar);
        }
    }

    public EccPrivate KeyOf(TpmEccCurve curve, byte[] scalar)
    {
        (byte[] x, byte[] y) = Multiply(curve, scalar, null);
        return new EccPrivate(new EccPublic(curve, x, y), scalar) { IsWhole = true };
    }

    public byte[] Agree(EccPrivate own, EccPublic other)
    {
        if (!own.IsWhole)
        {
            // Once for each key: whoever has a wrong scalar would learn it from what comes out.
            (byte[] x, byte[] y) = Multiply(own.PublicKey.Curve, own.Secret, null);
            if (!SecretBytes.FixedTimeEquals(x, own.PublicKey.X) || !SecretBytes.FixedTimeEquals(y, own.PublicKey.Y))
                throw new ArgumentException("The private scalar does not belong to the public half of the key.", nameof(own));
            own.IsWhole = true;
        }
        (byte[] shared, byte[] rest) = Multiply(other.Curve, own.Secret, other);
        SecretBytes.Clear(rest);
        return shared;
    }

    public bool Verify(EccPublic key, byte[] digest, byte[] r, byte[] s)
    {
        nint group = Group(key.Curve), point = 0, ec = 0, signature = 0, first = 0, second = 0;
        try
        {
            point = Point(group, key);
            ec = EC_KEY_new();
            signature = ECDSA_SIG_new();
            (first, second) = (Number(r), Number(s));
            Require(EC_KEY_set_group(ec, group));
            Require(EC_KEY_set_public_key(ec, point));
            Require(ECDSA_SIG_set0(signature, first, second));
            first = second = 0; // The signature's now.
            return ECDSA_do_verify(digest, digest.Length, signature, ec) == Success;
        }
        finally
        {
            BN_free(first);
            BN_free(second);
            ECDSA_SIG_free(signature);
            EC_KEY_free(ec);
            EC_POINT_free(point);
            OpenSslLibrary.ClearErrors();
        }
    }

    /// <summary>A scalar times a point, or times the base point.</summary>
    private (byte[] X, byte[] Y) Multiply(TpmEccCurve curve, byte[] scalar, EccPublic? other)
    {
        int size = EccCurve.Get(curve).Size;
        nint group = Group(curve), number = 0, point = 0, result = 0, x = 0, y = 0;
        try
        {
            number = Number(scalar);
            BN_set_flags(number, ConstantTime);
            result = EC_POINT_new(group);
            (x, y) = (BN_new(), BN_new());
            if (other != null) point = Point(group, other);
            Require(other == null ? EC_POINT_mul(group, result, number, 0, 0, 0) : EC_POINT_mul(group, result, 0, point, number, 0));
            Require(EC_POINT_get_affine_coordinates(group, result, x, y, 0));
            return (Bytes(x, size), Bytes(y, size));
        }
        finally
        {
            BN_clear_free(number);
            BN_clear_free(x);
            BN_clear_free(y);
            EC_POINT_free(point);
            EC_POINT_clear_free(result);
        }
    }

    private nint Group(TpmEccCurve curve) => _groups.GetOrAdd(curve, static name => EC_GROUP_new_by_curve_name(name switch
    {
        TpmEccCurve.NistP256 => P256,
        TpmEccCurve.NistP384 => P384,
        _ => P521,
    }));

    private static nint Point(nint group, EccPublic key)
    {
        nint point = EC_POINT_new(group), x = Number(key.X), y = Number(key.Y);
        try
        {
            Require(EC_POINT_set_affine_coordinates(group, point, x, y, 0));
            return point;
        }
        catch
        {
            EC_POINT_free(point);
            throw;
        }
        finally
        {
            BN_free(x);
            BN_free(y);
        }
    }

    private static nint Number(byte[] bytes) => BN_bin2bn(bytes, bytes.Length, 0);

    private static byte[] Bytes(nint number, int size)
    {
        byte[] bytes = new byte[size];
        return BN_bn2binpad(number, bytes, size) == size ? bytes : throw new CryptographicException("OpenSSL gave a number that is too large.");
    }

    private static void Require(int result)
    {
        if (result == Success) return;
        OpenSslLibrary.ClearErrors();
        throw new CryptographicException("OpenSSL refuses a point of the curve.");
    }

    private const int ConstantTime = 4;

    [DllImport(OpenSslLibrary.Name)]
    private static extern nint EC_GROUP_new_by_curve_name(int curve);

    [DllImport(OpenSslLibrary.Name)]
    private static extern nint EC_POINT_new(nint group);

    [DllImport(OpenSslLibrary.Name)]
    private static extern void EC_POINT_free(nint point);

    [DllImport(OpenSslLibrary.Name)]
    private static extern void EC_POINT_clear_free(nint point);

    [DllImport(OpenSslLibrary.Name)]
    private static extern int EC_POINT_set_affine_coordinates(nint group, nint point, nint x, nint y, nint context);

    [DllImport(OpenSslLibrary.Name)]
    private static extern int EC_POINT_get_affine_coordinates(nint group, nint point, nint x, nint y, nint context);

    [DllImport(OpenSslLibrary.Name)]
    private static extern int EC_POINT_mul(nint group, nint result, nint baseScalar, nint point, nint scalar, nint context);

    [DllImport(OpenSslLibrary.Name)]
    private static extern nint EC_KEY_new();

    [DllImport(OpenSslLibrary.Name)]
    private static extern void EC_KEY_free(nint key);

    [DllImport(OpenSslLibrary.Name)]
    private static extern int EC_KEY_set_group(nint key, nint group);

    [DllImport(OpenSslLibrary.Name)]
    private static extern int EC_KEY_set_public_key(nint key, nint point);

    [DllImport(OpenSslLibrary.Name)]
    private static extern nint ECDSA_SIG_new();

    [DllImport(OpenSslLibrary.Name)]
    private static extern void ECDSA_SIG_free(nint signature);

    [DllImport(OpenSslLibrary.Name)]
    private static extern int ECDSA_SIG_set0(nint signature, nint r, nint s);

    [DllImport(OpenSslLibrary.Name)]
    private static extern int ECDSA_do_verify(byte[] digest, int size, nint signature, nint key);

    [DllImport(OpenSslLibrary.Name)]
    private static extern nint BN_new();

    [DllImport(OpenSslLibrary.Name)]
    private static extern nint BN_bin2bn(byte[] bytes, int size, nint number);

    [DllImport(OpenSslLibrary.Name)]
    private static extern int BN_bn2binpad(nint number, byte[] bytes, int size);

    [DllImport(OpenSslLibrary.Name)]
    private static extern void BN_set_flags(nint number, int flags);

    [DllImport(OpenSslLibrary.Name)]
    private static extern void BN_free(nint number);

    [DllImport(OpenSslLibrary.Name)]
    private static extern void BN_clear_free(nint number);
}
#endif
