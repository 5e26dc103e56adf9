using System.Runtime.InteropServices;

namespace Lab.Tests.Runtime;

public class NativeThreadsTests
{
    [Fact]
    public void Threads_of_libtorch_sleep_while_they_wait_unless_the_user_says_otherwise()
    {
        if (!OperatingSystem.IsLinux()) return;
        var own = Environment.GetEnvironmentVariable("OMP_WAIT_POLICY"); // as the process was started: .NET took its copy then
        var expected = own ?? (Environment.GetEnvironmentVariable("GOMP_SPINCOUNT") is null ? "passive" : null);
        Assert.Equal(expected, Marshal.PtrToStringUTF8(GetEnvironment("OMP_WAIT_POLICY")));
    }

    private static nint GetEnvironment(string name) =>
        Marshal.GetDelegateForFunctionPointer<Getenv>(NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "getenv"))(name);

    private delegate nint Getenv([MarshalAs(UnmanagedType.LPUTF8Str)] string name);
}
