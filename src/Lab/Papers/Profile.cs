namespace Lab.Papers;

/// <summary>The two sizes that every experiment comes in.</summary>
internal static class Profile
{
    /// <summary>The one of a profile.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <param name="quick">Some tens of seconds, with data that ship or are drawn.</param>
    /// <param name="full">Minutes, with real data.</param>
    /// <exception cref="ArgumentException">Another profile.</exception>
    public static T Choose<T>(string profile, T quick, T full) => profile switch
    {
        "quick" => quick,
        "full" => full,
        _ => throw new ArgumentException($"'{profile}' is no profile. Known are quick and full.", nameof(profile)),
    };
}
