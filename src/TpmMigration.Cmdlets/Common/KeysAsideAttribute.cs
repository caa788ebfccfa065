using System;
using System.Management.Automation;

namespace TpmMigration.Cmdlets;

/// <summary>
/// For a parameter that takes documents from the pipe in any form: leaves keys, as Get-TpmKey gives them, to a parameter that takes
/// their names. The binder tries the next parameter where a value cannot be cast.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class KeysAsideAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if (inputData == null || !IsKey(PSObject.AsPSObject(inputData).Properties)) return inputData!;
        throw new ArgumentTransformationMetadataException("A key is no document.", new PSInvalidCastException("A key is no document."));
    }

    /// <summary>Also of an object that came through remoting, which has no type.</summary>
    private static bool IsKey(PSMemberInfoCollection<PSPropertyInfo> properties) =>
        properties["Name"] != null && properties["TpmName"] != null && properties["Document"] == null;
}
