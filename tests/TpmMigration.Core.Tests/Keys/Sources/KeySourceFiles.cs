using System;
using System.IO;
using System.Security.Cryptography;
using TpmMigration.Testing;

namespace TpmMigration.Tests.Keys.Sources;

/// <summary>Makes key files with OpenSSL, each kind of key once.</summary>
public sealed class KeySourceFiles : IDisposable
{
    private readonly TemporaryFolder _folder = new("tpm-key-files-");

    /// <summary>The file of a key in a form; made when it is first asked for.</summary>
    internal string Make(string algorithm, string form, string password)
    {
        string file = $"{algorithm}.{form}";
        if (File.Exists(_folder[file])) return _folder[file];
        string key = Key(algorithm);
        string pass = "pass:" + password;
        switch (form)
        {
            case "pkcs8.pem": break;
            case "pkcs8.der": OpenSsl("pkcs8", "-topk8", "-nocrypt", "-in", key, "-outform", "DER", "-out", file); break;
            case "encrypted.pem": OpenSsl("pkcs8", "-topk8", "-in", key, "-passout", pass, "-out", file); break;
            case "encrypted.der": OpenSsl("pkcs8", "-topk8", "-in", key, "-passout", pass, "-outform", "DER", "-out", file); break;
            case "des3.pem": OpenSsl("pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-in", key, "-passout", pass, "-out", file); break;
            case "own.pem": OpenSsl("pkey", "-traditional", "-in", key, "-out", file); break;
            case "own.der": OpenSsl("pkey", "-traditional", "-in", key, "-outform", "DER", "-out", file); break;
            case "old.pem": OpenSsl("pkey", "-traditional", "-aes128", "-in", key, "-passout", pass, "-out", file); break;
            case "with-parameters.pem":
                OpenSsl("ecparam", "-name", "prime256v1", "-out", "parameters.pem");
                File.WriteAllText(_folder[file], File.ReadAllText(_folder["parameters.pem"]) + File.ReadAllText(Make(algorithm, "own.pem", "")));
                break;
            case "public.pem": OpenSsl("pkey", "-pubout", "-in", key, "-out", file); break;
            case "ca.pem": Certify(algorithm); break;
            case "certificate.pem": Certify(algorithm); break;
            case "certificate.der": OpenSsl("x509", "-in", Make(algorithm, "certificate.pem", ""), "-outform", "DER", "-out", file); break;
            case "pfx": Pfx(algorithm, file, pass); break;
            case "empty.pfx": Pfx(algorithm, file, "pass:"); break;
            case "old.pfx": Pfx(algorithm, file, pass, "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"); break;
            case "certificates.pfx": OpenSsl("pkcs12", "-export", "-nokeys", "-in", Make(algorithm, "certificate.pem", ""), "-passout", pass, "-out", file); break;
            default: throw new ArgumentException(form);
        }
        return _folder[file];
    }

    internal byte[] PublicKey(string algorithm)
    {
        OpenSsl("pkey", "-in", Key(algorithm), "-pubout", "-outform", "DER", "-out", "public.der");
        return File.ReadAllBytes(_folder["public.der"]);
    }

    /// <summary>The first prime of an RSA key, the scalar of an ECC key.</summary>
    internal byte[] Secret(string algorithm)
    {
        string pem = File.ReadAllText(_folder[Key(algorithm)]);
        if (algorithm.StartsWith("rsa", StringComparison.Ordinal))
        {
            using RSA rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            return rsa.ExportParameters(true).P!;
        }
        using ECDsa ecc = ECDsa.Create();
        ecc.ImportFromPem(pem);
        return ecc.ExportParameters(true).D!;
    }

    public void Dispose() => _folder.Dispose();

    private string Key(string algorithm)
    {
        string file = algorithm + ".pkcs8.pem";
        if (File.Exists(_folder[file])) return file;
        string[] how = algorithm switch
        {
            "exponent3" => ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_pubexp:3"],
            "p256" => ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            "explicit" => ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"],
            "p384" => ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            "p521" => ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
            "k256" => ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
            "ed25519" => ["-algorithm", "ED25519"],
            "dsa" => ["-paramfile", DsaParameters()],
            _ => ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + algorithm[3..]],
        };
        OpenSsl("genpkey", [.. how, "-out", file]);
        return file;
    }

    private string DsaParameters()
    {
        OpenSsl("genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:1024", "-out", "dsa.parameters");
        return "dsa.parameters";
    }

    /// <summary>A certificate for the key, and that of the authority which signed it.</summary>
    private void Certify(string algorithm)
    {
        OpenSsl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-subj", "/CN=CA", "-out", algorithm + ".ca.pem");
        OpenSsl("pkey", "-in", Key(algorithm), "-pubout", "-out", "public.pem");
        OpenSsl("x509", "-new", "-force_pubkey", "public.pem", "-subj", "/CN=key", "-CA", algorithm + ".ca.pem", "-CAkey", "ca.key", "-days", "9", "-out", algorithm + ".certificate.pem");
    }

    private void Pfx(string algorithm, string file, string password, params string[] more)
    {
        Make(algorithm, "certificate.pem", "");
        OpenSsl("pkcs12", ["-export", "-inkey", Key(algorithm), "-in", algorithm + ".certificate.pem", "-certfile", algorithm + ".ca.pem", "-passout", password, .. more, "-out", file]);
    }

    private void OpenSsl(string command, params string[] arguments) => ToolFolder.Run(_folder.FullPath, "openssl", [command, .. arguments]);
}
