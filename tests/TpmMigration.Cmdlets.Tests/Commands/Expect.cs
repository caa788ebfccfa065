using System;
using System.Management.Automation;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>What scripts and people rely on in an error.</summary>
internal static class Expect
{
    /// <param name="error">The error.</param>
    /// <param name="id">The first part of its FullyQualifiedErrorId.</param>
    /// <param name="category">Its category.</param>
    /// <param name="text">What its message holds.</param>
    /// <param name="target">Its target as text; null for any.</param>
    internal static void Error(ErrorRecord error, string id, ErrorCategory category, string text, string? target)
    {
        Assert.True(id == error.FullyQualifiedErrorId.Split(',')[0], $"{error.FullyQualifiedErrorId}: {error}\n{error.Exception}");
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.Contains(text, error.ToString(), StringComparison.Ordinal);
        Assert.Contains(text, error.Exception.Message, StringComparison.Ordinal);
        if (target != null) Assert.Equal(target, error.TargetObject?.ToString());
        Assert.False(string.IsNullOrEmpty(error.ErrorDetails?.RecommendedAction));
    }
}
