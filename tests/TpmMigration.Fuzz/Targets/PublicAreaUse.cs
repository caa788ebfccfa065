using System;
using TpmMigration.Fuzz.Engine;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Fuzz.Targets;

/// <summary>What the engine does with a public area once it is read.</summary>
internal static class PublicAreaUse
{
    /// <summary>Tells what it is, writes it again, and shares a secret with it as sessions and duplicates do.</summary>
    /// <exception cref="UnsupportedAlgorithmException">Its name algorithm is none that is known.</exception>
    internal static string Words(TpmtPublic key)
    {
        byte[] bytes = key.Marshal();
        if (!TpmtPublic.Unmarshal(bytes).Marshal().AsSpan().SequenceEqual(bytes)) throw new InvalidOperationException("A public area is another one when it was written and read.");
        int size = key.Name.Length;
        string sharing = Outcome.Of("sharing", () =>
        {
            using SharedSecret shared = key.ShareSecret(key.SharingHash(), SecretLabel.Secret);
            return "done";
        }, typeof(TpmWireException), typeof(UnsupportedAlgorithmException));
        return $"{key.Type} {KeyTemplates.RoleOf(key)} {KeyClassification.Of(key, []).Kind}, name of {size}, {key.Symmetric.Algorithm}, {Outcome.Shape(KeyTemplates.AlgorithmOf(key))}, {sharing}";
    }
}
