"""Finds the tools the project needs beside Python packages. Standard library only; writes only below var/."""
