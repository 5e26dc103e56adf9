namespace Lab.Kernel.Running;

/// <summary>A parameter from outside does not fit the notebook; the message says what it accepts.</summary>
public sealed class ParameterException(string message) : Exception(message);
