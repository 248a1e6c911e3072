"""What moto lacks, one module per gap; `sandbox.filling` puts them in before the first request.

Each gap follows AWS's published API reference and carries its link; none invents behaviour of its own.
"""
